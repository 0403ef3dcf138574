# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Roots with the packages of a Debian release, which scripts put together once and keep, and the checkout for them.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/auditfail

# Sets as_root to what runs mmdebstrap: sudo where user namespaces do not work, as in a chroot. Otherwise it is empty.
find_as_root() {
        as_root=
        if [ "$(id -u)" -eq 0 ] || unshare --user true 2>/dev/null; then
                return 0
        fi
        command -v sudo >/dev/null || fail "user namespaces do not work here, and there is no sudo: run this as root"
        as_root=sudo
        echo "User namespaces do not work here: sudo runs mmdebstrap"
}

# pack_checkout FILE: makes FILE a tar archive of the checkout, without what git ignores.
pack_checkout() {
        if [ -e .git ]; then
                git ls-files -z --cached --others --exclude-standard
        else
                find . -type f ! -path './build*' -print0
        fi | tar --null --files-from=- --ignore-failed-read --create --file "$1" 2>/dev/null
}

# keep_root NAME CONTENT COMMAND...: sets base to the archive of the root NAME. If there is none, COMMAND makes it: its
# last word will be the file. The archive's name depends on CONTENT, so another content makes another root, which
# replaces the old one. Do not call this in a condition, where a failure of COMMAND would not end the script.
keep_root() {
        name=$1
        base=$cache/$name-$(printf '%s\n' "$2" | cksum | cut -d ' ' -f 1).tar
        [ ! -f "$base" ] || return 0
        echo "Putting the packages of $name together in $base (once)" >&2
        shift 2
        mkdir -p "$cache"
        # If this is interrupted, no half archive has the name. mmdebstrap makes an archive if the name ends with .tar.
        "$@" "$cache/.$name.$$.tar" </dev/null
        rm -f "$cache/$name"-*.tar
        mv "$cache/.$name.$$.tar" "$base"
}

# in_root ARGUMENT...: runs mmdebstrap for $suite. Its output goes to $work/log, and is shown if it fails.
# shellcheck disable=SC2154 # the script that includes this sets suite, and makes the folder work
in_root() {
        $as_root mmdebstrap "$@" >"$work/log" 2>&1 && failed=false || failed=true
        [ -z "$as_root" ] || sudo chown -R "$(id -u)" "$work"
        "$failed" || return 0
        cat "$work/log" >&2
        fail "failed in the root of $suite (see above)"
}

# in_base HOOK...: runs the hooks in a copy of $base, which nothing keeps.
# shellcheck disable=SC2016 # the shell that mmdebstrap starts for a hook expands "$1"
in_base() {
        for hook; do
                set -- "$@" --customize-hook="$hook"
                shift
        done
        in_root --variant=custom --skip=update,cleanup --setup-hook='tar --extract --directory "$1" --exclude "./dev/*"' \
                "$@" "$suite" /dev/null <"$base"
}
