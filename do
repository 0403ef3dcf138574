#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands for work on a checkout. `./do help` lists them.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")"

usage() {
        cat <<'END'
usage: ./do COMMAND

  demo                 shows a program that loses its audit record, asks auditfaild, and obeys
  test [NAME...]       runs all tests, or those of these names, once without and once with the address and undefined
                       behaviour sanitizers
  coverage [NAME...]   runs the tests, or those of these names, and prints for each folder which share of its lines and
                       branches has run; build-coverage/coverage.txt lists the lines that have not
  builds [NAME...]     builds and tests with gcc and clang, all build types, link-time optimisation, coverage, the flags
                       of Debian's packages, only some parts, and the library alone with musl, or only the builds of
                       these names; a warning is a failure
  languages            runs the test of the examples in other languages, with the compilers that ./do test does without
  surroundings [NAME...]
                       runs the tests, or those of these names, with ignored signals, closed stdin, another umask,
                       TMPDIR, locale, user and folder, and as the build of a package does; the counts must agree
  bench [OPTION...]    measures what the project promises; --help lists the options
  bench --suite SUITE [OPTION...]
                       the same with the packages of bookworm or trixie, on this machine's kernel
  bench stop [OPTION...] [SUITE]
                       counts in a booted machine how often the trail says who stopped auditd, by auditctl and by the
                       stock way: --quiet N, --flooded N (10 of each)
  fuzz [SECONDS]       runs each fuzz target for SECONDS (60)
  faults [TARGET...]   makes each system call and each allocation of each program fail once, with each errno of its manual
                       page; or those of these targets, which tests/faults/targets.py defines
  vm [SUITE] [CASE...] boots Debian machines and runs the cases of tests/vm/cases in them. SUITE is bookworm, trixie,
                       or all. --shell opens a root shell in one instead; --help lists all options
  transcripts [SUITE]  puts what the programs print now, also in the booted machine, into README.md, its picture and the
                       manual pages (as root; other users leave out what needs a mount namespace)
  package [OPTION...] [SUITE...]
                       builds Debian packages in a clean root of each SUITE and checks them; build-packages/ gets them,
                       --help lists the options
  native PACKAGE SUITE...
                       builds Debian's own source package with calls of auditfail in it, in a clean root of each SUITE;
                       build-native/ gets the packages, --help lists the options
  release VERSION      writes VERSION into NEWS.md, meson.build and the files of packages, commits and tags that
  install [OPTION...]  installs, below DESTDIR where that is set; OPTION is for `meson setup`, such as --prefix=/usr/local
  uninstall [--purge]  makes the system stop using auditfail, and removes what install has installed; --purge also removes
                       the policy files and the daemon's user
  check [NAME...]      runs all checks, or those of these names: tidy, cppcheck, gcc (its analyser), scan-build, sanitizers
                       (./do test), tsan (the thread sanitizer) and valgrind. A finding is a failure, unless tests/findings.txt,
                       tsan.supp or valgrind.supp explains why nothing is wrong
  soak HOURS           mixes queries, monitors, reloads, hostile clients and kills for this time, and fails if memory,
                       descriptors or times of answers grow
  tidy [FILE...]       clang-format and clang-tidy over the C code, shellcheck over the shell scripts; over all of them,
                       or over these files (other files are skipped)
  packages COMMAND     lists the Debian packages that COMMAND needs
  help, --version

A command installs the packages that it needs, by sudo unless root runs it. Apart from that, only `install` and
`uninstall` need root.
END
}

say() {
        printf '%s\n' "$*"
}

fail() {
        printf 'do: %s\n' "$*" >&2
        exit 1
}

# Runs a command whose output matters only when it fails.
quietly() {
        output=$("$@" 2>&1 </dev/null) || {
                status=$?
                printf '%s\n' "$output" >&2
                return "$status"
        }
}

# Prints the packages that a command needs, and what for.
packages() {
        case $1 in
        install)
                cat <<'END'
gcc                     compiles
libc6-dev               headers of the C library
pkgconf                 finds the libraries below
meson                   describes the build
ninja-build             runs the build
python3                 puts the protocol's interface files into the daemon
libsystemd-dev          event loop, journal and socket activation of the daemon
libjson-c-dev           reads the daemon's replies in auditfailctl
libaudit-dev            writes audit records
libcap-ng-dev           drops the privileges of the daemon
libelf-dev              tells how programs are linked, in auditfailctl doctor and run
libsmartcols-dev        prints the tables of auditfailctl
libpam0g-dev            headers of PAM, for pam_auditfail.so
END
                ;;
        demo)
                packages install
                cat <<'END'
systemd                 systemd-socket-activate starts the daemon when it is first asked
util-linux              setpriv takes the right to write audit records from a program
END
                ;;
        test)
                packages demo
                cat <<'END'
libcriterion-dev        runs the unit tests
libauparse-dev          reads the audit records that the daemon writes
tzdata                  has the summer time that auditfailctl's times are tested with
dbus-daemon             is the bus that a polkit of the tests' own answers on
fish                    completes command lines of auditfailctl and auditctl
zsh                     does the same
systemd-journal-remote  makes the journal that auditfailctl history is tested with; its services stay off
abigail-tools           compares the library's interface with that of the last release
man-db                  formats the manual pages, as a reader does
mandoc                  looks for mistakes in their markup
codespell               looks for common mistakes in words, also in the comments of the code
aspell                  looks for words that are not in the dictionary
aspell-en               is this dictionary
apparmor                compiles the profiles of the daemons
END
                ;;
        coverage)
                packages test
                cat <<'END'
gcovr                   reads the counters of the compiler
END
                ;;
        builds)
                packages coverage
                cat <<'END'
clang                   compiles the second half of the builds
dpkg-dev                knows the flags of Debian's packages
musl-tools              compiles and links the library with another C library
linux-libc-dev          headers of the kernel, which musl leaves to others
END
                ;;
        languages)
                packages test
                cat <<'END'
golang-go               compiles the example in Go
rustc                   compiles the example in Rust
END
                ;;
        surroundings)
                packages test
                cat <<'END'
locales                 has the German locale
END
                ;;
        bench)
                packages demo
                cat <<'END'
dbus-daemon             is the bus between a service on D-Bus and its client, which the daemon is compared with
END
                ;;
        bench-suite)
                cat <<'END'
mmdebstrap              makes a root with the packages of another Debian release
uidmap                  lets an ordinary user be root in a user namespace
END
                ;;
        transcripts)
                packages demo
                packages vm
                ;;
        fuzz)
                packages install
                cat <<'END'
clang                   compiles the fuzz targets
libclang-rt-dev         libFuzzer and the sanitizers
llvm                    names the functions in what those find
END
                ;;
        tidy)
                packages test
                cat <<'END'
clang-format            checks the layout of the code
clang-tidy              looks for mistakes in the code
shellcheck              looks for mistakes in the scripts
END
                ;;
        check)
                packages tidy
                cat <<'END'
cppcheck                looks for mistakes in the code, in its own way
clang                   is the compiler that scan-build looks through
clang-tools             has scan-build
valgrind                looks for memory that is used wrongly or lost
END
                ;;
        vm)
                cat <<'END'
mmdebstrap              puts the machine's packages together
mount                   gives it /proc and /dev meanwhile
uidmap                  lets it be root in a user namespace
python3                 gives the cases to the machines
e2fsprogs               makes the machine's disk, and reads what is left on it
qemu-system-x86         boots the machine
END
                ;;
        package)
                cat <<'END'
mmdebstrap              makes the clean roots
mount                   gives them /proc and /dev meanwhile
uidmap                  lets mmdebstrap be root in a user namespace
xz-utils                packs the source
END
                ;;
        native)
                cat <<'END'
mmdebstrap              makes the clean roots
mount                   gives them /proc and /dev meanwhile
uidmap                  lets mmdebstrap be root in a user namespace
python3                 counts the results of the tests
END
                ;;
        *)
                fail "no packages are listed for \"$1\"; ./do help lists the commands that need packages"
                ;;
        esac
}

# Installs the missing packages of a command.
need() {
        wanted=$(packages "$1")
        if ! command -v dpkg-query >/dev/null; then
                command -v meson >/dev/null ||
                        fail "this is not Debian; please install what these packages contain, then try again:
$wanted"
                return 0
        fi
        names=$(printf '%s\n' "$wanted" | cut -d ' ' -f 1)
        # shellcheck disable=SC2086 # names have no blanks
        there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $names 2>/dev/null | sed -n 's/^installed //p')
        missing=$(printf '%s\n' "$names" | grep -vxF -e "$there" || :)
        [ -n "$missing" ] || return 0

        say "Installing the packages that ./do $1 misses:"
        for name in $missing; do
                printf '%s\n' "$wanted" | sed -n "s/^$name  */  $name: /p"
        done
        as_root=
        if [ "$(id -u)" -ne 0 ]; then
                as_root=sudo
                # shellcheck disable=SC2086
                command -v sudo >/dev/null || fail "there is no sudo; please run as root:
apt-get install --no-install-recommends" $missing
        fi
        # Without the mirror, the lists that are there may be enough.
        $as_root apt-get -q update >/dev/null 2>&1 </dev/null || say "(apt-get update failed; using the old lists)"
        # shellcheck disable=SC2086
        quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 \
                install --no-install-recommends $missing || fail "the packages could not be installed (see above)"
}

# Sets up a build directory, or brings it up to date. The options are for `meson setup`. Without options, the directory
# keeps its own.
configure() {
        directory=$1
        shift
        before=$(cat "$directory/set-up-with" 2>/dev/null || :)
        if [ $# -eq 0 ] && [ -n "$before" ]; then
                # shellcheck disable=SC2086 # several options
                set -- $before
        else
                set -- "$@" "-Dwerror=${WERROR:-false}"
        fi

        if [ ! -f "$directory/build.ninja" ]; then
                say "Setting up $directory/"
                quietly meson setup "$directory" "$@" || return
        elif [ "$before" = "$*" ] && ninja -C "$directory" build.ninja >/dev/null 2>&1; then
                return 0
        else
                say "Setting up $directory/ again"
                meson setup --reconfigure "$directory" "$@" >/dev/null 2>&1 || set_up_afresh "$directory" "$@" || return
        fi
        printf '%s\n' "$*" >"$directory/set-up-with"
}

# Replaces a build directory that cannot be reconfigured. For example, an older checkout left files where folders must
# be. A mistake in meson.build is no reason to delete the directory, so a new directory is tried first. The inputs that
# fuzzing has found stay.
set_up_afresh() {
        directory=$1
        shift
        trial=$(mktemp -d "${TMPDIR:-/tmp}/auditfail-build.XXXXXX")
        quietly meson setup "$trial" "$@" && tried=true || tried=false
        rm -rf "$trial"
        "$tried" || return
        find "$directory" -mindepth 1 -maxdepth 1 ! -name corpus -exec rm -rf {} +
        quietly meson setup "$directory" "$@"
}

# Builds, and prints the warnings of the compiler and the linker.
compile() {
        output=$(meson compile -C "$@" 2>&1 </dev/null) && status=0 || status=$?
        case $status,$output in
        0,*warning:*) printf '%s\n' "$output" | grep -v '^\[' ;;
        0,*) ;;
        *) printf '%s\n' "$output" | grep -v '^\[' >&2 ;;
        esac
        return "$status"
}

demo() {
        need demo
        configure build
        compile build auditfaild auditfailctl audit-or-obey
        client/examples/demo.sh build
}

# Builds and tests in one build directory. If one of the steps fails, tests/summary.py prints that.
run_tests() {
        directory=$1
        options=$2
        shift 2
        rm -f "$directory/meson-logs/testlog.json" "$directory"/sanitizer.*
        # shellcheck disable=SC2086 # several options
        configure "$directory" $options && say "Building $directory/" && compile "$directory" || return 0
        case $options in *b_coverage=true*) tests/coverage.py start "$directory" ;; esac
        say "Testing $directory/"
        meson test -C "$directory" --no-rebuild "$@" </dev/null || :
}

tests() {
        need test
        run_tests build '-Dtests=enabled' "$@"
        # Criterion swallows what a test writes to stderr. Some tests run as users that cannot write to the build folder.
        reports=$(mktemp -d "${TMPDIR:-/tmp}/auditfail.XXXXXX")
        trap 'rm -rf "$reports"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        chmod 1777 "$reports"
        files="log_path=$reports/sanitizer:log_exe_name=1"
        export ASAN_OPTIONS="detect_leaks=1:halt_on_error=1:abort_on_error=1:$files"
        export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:$files"
        run_tests build-asan '-Dtests=enabled -Dbench=false -Db_sanitize=address,undefined -Db_lundef=false' "$@"
        mv "$reports"/sanitizer.* build-asan 2>/dev/null || : # there are none
        tests/summary.py build build-asan
}

faults() {
        need test
        configure build -Dtests=enabled
        compile build
        FAULTS=${*:-all} meson test -C build --no-rebuild --setup=bare --timeout-multiplier 0 --verbose faults </dev/null
}

coverage() {
        need coverage
        configure build-coverage -Dtests=enabled -Dbench=false -Db_coverage=true --buildtype=debug
        compile build-coverage
        tests/coverage.py start build-coverage
        say "Testing build-coverage/"
        meson test -C build-coverage --no-rebuild --quiet "$@" </dev/null && status=0 || status=$?
        tests/coverage.py report build-coverage
        return "$status"
}

builds='gcc-debug gcc-debugoptimized gcc-release gcc-plain gcc-lto gcc-coverage gcc-dpkg'
builds="$builds clang-debug clang-debugoptimized clang-release clang-plain"
fewer_parts='gcc-without-systemd gcc-without-controld musl'
builds="$builds $fewer_parts"

# The options of `meson setup` for a build.
build_options() {
        case $1 in
        gcc-without-systemd) say -Dsystemd=disabled ;;
        gcc-without-controld) say -Dcontrold=disabled -Dpreload=disabled -Dpam=disabled ;;
        musl) say -Dauto_features=disabled -Dc_args=-isystem../build-musl-headers ;;
        gcc-lto) say -Db_lto=true ;;
        gcc-coverage) say --buildtype=debug -Db_coverage=true ;;
        gcc-dpkg) say --buildtype=plain ;;
        *) say "--buildtype=${1#*-}" ;;
        esac
}

# musl-gcc finds only the headers of musl. Those of the kernel lie beside those of glibc, so a folder has links to them.
link_kernel_headers() {
        mkdir -p build-musl-headers
        for folder in /usr/include/linux /usr/include/asm-generic "/usr/include/$(gcc -print-multiarch)/asm"; do
                ln -sfn "$folder" build-musl-headers
        done
}

# Builds and tests one build in its own directory, and prints its count. A warning is a failed case.
one_build() {
        directory=build-$1
        (
                export WERROR=true CC="${1%%-*}"
                if [ "$1" = musl ]; then
                        CC=musl-gcc
                        link_kernel_headers
                fi
                ! command -v ccache >/dev/null || CC="ccache $CC"
                [ "$1" != gcc-dpkg ] || eval "$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --export=sh)"
                run_tests "$directory" "-Dtests=enabled $(build_options "$1")"
        ) >"$log" 2>&1
        summary=$(tests/summary.py "$directory") || :
        count=$(printf '%s\n' "$summary" | tail -n 1)
        if grep -q 'warning:' "$log"; then
                count='0 passed, 1 failed'
        fi
        case $count in
        *" 0 failed"*) ;;
        *)
                cat "$log"
                printf '%s\n' "$summary" | grep -v '^SKIPPED'
                ;;
        esac
        say "$1: $count"
}

builds() {
        need builds
        for name in "$@"; do
                case " $builds " in
                *" $name "*) ;;
                *) fail "there is no build \"$name\"; the builds are: $builds" ;;
                esac
        done
        log=$(mktemp "${TMPDIR:-/tmp}/auditfail-build.XXXXXX")
        trap 'rm -f "$log"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        # shellcheck disable=SC2086 # several names
        [ $# -gt 0 ] || set -- $builds
        passed=0
        failed=0
        for name in "$@"; do
                one_build "$name"
                passed=$((passed + ${count%% *}))
                count=${count#*, }
                failed=$((failed + ${count%% *}))
        done
        # A compiler can drop cases. With fewer parts, there are fewer.
        # shellcheck disable=SC2046,SC2086 # several directories
        tests/summary.py --compare $(printf '%s\n' "$@" | grep -vxF "$(printf '%s\n' $fewer_parts)" | sed s/^/build-/) ||
                failed=$((failed + 1))
        say "$passed passed, $failed failed"
        [ "$failed" -eq 0 ]
}

languages() {
        need languages
        run_tests build '-Dtests=enabled' languages
        tests/summary.py build
}

surroundings() {
        need surroundings
        configure build -Dtests=enabled
        compile build
        tests/surroundings.py build "$@"
}

bench() {
        if [ "${1:-}" = stop ]; then
                shift
                need vm
                tests/vm/bench/run.py "$@"
                return
        fi
        if [ "${1:-}" = --suite ]; then
                shift
                need bench-suite >&2
                tests/bench/in-suite "$@"
                return
        fi
        # The output can be JSON.
        need bench >&2
        configure build >&2
        compile build bench >&2
        tests/bench/run.py build "$@"
}

fuzz() {
        seconds=${1:-60}
        need fuzz
        CC=clang configure build-fuzz -Dfuzzers=true -Dtests=disabled -Dbench=false -Dc_args=-fsanitize=fuzzer-no-link \
                -Db_sanitize=address,undefined -Db_lundef=false
        for source in tests/fuzz/fuzz_*.c; do
                target=$(basename "$source" .c)
                compile build-fuzz "$target"
                # New inputs go into the first folder. The next run starts from them.
                mkdir -p "build-fuzz/corpus/$target"
                say "Fuzzing with $target for $seconds s"
                dictionary=$(sed -n 's|^/\* Dictionary: \(.*\) \*/$|-dict=tests/fuzz/\1|p' "$source")
                # shellcheck disable=SC2086 # without a dictionary, there is no option
                "build-fuzz/tests/fuzz/$target" $dictionary -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
                        -artifact_prefix=build-fuzz/ "build-fuzz/corpus/$target" "tests/fuzz/corpus/${target#fuzz_}" ||
                        fail "$target failed; run it with the file named above to repeat the failure"
        done
}

vm() {
        # If the packages cannot be installed, that is a failed case.
        trap '[ $? -eq 0 ] || say "0 passed, 1 failed"' EXIT
        need vm
        trap - EXIT
        tests/vm/run "$@"
}

transcripts() {
        need transcripts
        configure build
        compile build
        tests/man/transcripts.py --write
        kept=$(mktemp -d "${TMPDIR:-/tmp}/auditfail-transcripts.XXXXXX")
        trap 'rm -rf "$kept"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        tests/vm/run --keep "$kept/results" "${1:-trixie}" 250- || : # what the pages do not have yet is a failure there
        find "$kept/results" -type d -path '*/auditfail-cases/pages' -exec cp -R {}/. . \;
        tests/man/picture.py
}

package() {
        case " $* " in
        *" --help "* | *" -h "*) ;;
        *) need package ;;
        esac
        tests/package/build "$@"
}

native() {
        case " $* " in
        *" --help "* | *" -h "*) ;;
        *) need native ;;
        esac
        native/build "$@"
}

install_here() {
        units/source-install check install
        need install
        # A separate directory, so that root leaves no files in the directory where a user builds.
        zsh=zsh/site-functions
        [ ! -f /etc/debian_version ] || zsh=zsh/vendor-completions
        # The last two options are the defaults. A directory from before their change would keep the old ones.
        configure build-install --prefix=/usr --libdir="lib/$(gcc -print-multiarch)" -Dauto_features=enabled \
                -Dtests=disabled -Dbench=false -Dzsh_functions="$zsh" -Dauditctl_dir= -Dsystemd_unit_dir= "$@"
        compile build-install
        meson install -C build-install --no-rebuild
        units/source-install record build-install/meson-logs/install-log.txt
        for file in etc/auditfail/*.conf; do
                cmp -s "$file" "${DESTDIR:-}/$file" || say "Kept /$file; it differs from the file that comes with auditfail"
        done
        [ -z "${DESTDIR:-}" ] || return 0

        ldconfig
        ! command -v systemd-sysusers >/dev/null || systemd-sysusers auditfail.conf
        ! command -v systemd-tmpfiles >/dev/null || systemd-tmpfiles --create auditfail.conf
        ! command -v journalctl >/dev/null || journalctl --update-catalog
        if [ -e /etc/apparmor.d/auditfaild ] && aa-enabled --quiet 2>/dev/null; then
                apparmor_parser --replace --skip-read-cache --write-cache /etc/apparmor.d/auditfail*
        fi
        if [ -d /run/systemd/system ]; then
                systemctl daemon-reload
                systemctl try-restart auditfaild.service auditfail-controld.service
        fi
        cat <<'END'
Installed. To let programs ask what to do without audit:
  systemctl enable --now auditfaild
To check whether a program or a service obeys, and what to do if it does not:
  auditfailctl doctor PROGRAM|PID|UNIT
To record in the audit trail who stops auditd, with "auditctl stop":
  systemctl enable --now auditfail-controld.socket
To make systemd refuse "systemctl stop auditd", which records no person, and root find this auditctl:
  auditfailctl guard on
To remove all this:
  ./do uninstall
END
}

tidy() {
        need tidy
        if [ $# -eq 0 ]; then
                # shellcheck disable=SC2046 # names of sources have no blanks
                set -- $(find client daemon include protocol tests -name '*.[ch]' | sort) ./do .ci/run \
                        client/examples/*.sh etc/auditfail/*.sh units/release-system.in units/source-install tests/vm/build-machine \
                        tests/vm/guest/set-up tests/vm/guest/run-cases tests/vm/guest/auditctl-in-a-flood \
                        tests/vm/cases/*.sh tests/vm/bench/*.sh tests/bench/in-suite debian/*.p* debian/tests/* \
                        native/build native/in-root native/*/check tests/package/build tests/package/in-root tests/package/removal tests/package/release rpm/try-on-debian tests/fuzz/oss-fuzz/build.sh
        fi
        for file in "$@"; do
                [ -f "$file" ] || fail "there is no file \"$file\""
        done
        status=0
        if printf '%s\n' "$@" | grep -q '\.[ch]$'; then
                configure build -Dtests=enabled
                compile build
                printf '%s\n' "$@" | grep '\.[ch]$' | xargs clang-format --dry-run --Werror || status=1
                # gcc has warnings that clang does not know.
                printf '%s\n' "$@" | grep '\.c$' | xargs -r -P "$(nproc)" -n 1 \
                        clang-tidy --quiet -p build --extra-arg=-Wno-unknown-warning-option || status=1
        fi
        awk 'FNR == 1 && (/^#!\/bin\/sh/ || FILENAME ~ /\.sh$/) { print FILENAME }' "$@" |
                xargs -r shellcheck --external-sources --source-path=SCRIPTDIR || status=1
        return "$status"
}

soak() {
        need test
        configure build -Dtests=enabled
        compile build
        SOAK_HOURS=${1:?how many hours?} meson test -C build --no-rebuild --setup=bare --timeout-multiplier=0 --verbose soak
}

checks='tidy cppcheck gcc scan-build sanitizers tsan valgrind'

# Runs an analyser, and prints the findings that tests/findings.txt does not explain.
findings() {
        tool=$1
        shift
        output=$("$@" 2>&1 </dev/null) || {
                printf '%s\n' "$output" >&2
                return 1
        }
        printf '%s\n' "$output" | tests/findings.py "$tool"
}

# The tests that run threads: those of the daemon that loads the policy and writes reports, and those of the library.
# Unit tests are not among them: Criterion itself has races, and the sanitizer ends the test at the first one.
threaded='reload monitor query limits check stub-answers stub-caller stub-time'
# Tests that run both daemons as their users do, and end them in an orderly way. The others need system calls that valgrind
# 3.19 does not know, such as pidfd_open(), or limits of memory and time that are too narrow for it.
daemons='protocol query monitor check control_caller'

check_one() {
        case $1 in
        tidy) tidy ;;
        cppcheck)
                configure build-analyser -Dtests=disabled -Dbench=false
                compile build-analyser # some code is generated
                # sys/queue.h has macros that cppcheck cannot guess.
                findings cppcheck cppcheck -q -j "$(nproc)" --project=build-analyser/compile_commands.json \
                        --enable=warning,performance,portability --inconclusive \
                        --include="/usr/include/$(gcc -print-multiarch)/sys/queue.h" \
                        --template='{file}:{line}:{column}: warning: {message} [{id}]'
                ;;
        gcc)
                CC=gcc configure build-gcc-analyser -Dtests=disabled -Dbench=false -Dc_args=-fanalyzer
                ninja -C build-gcc-analyser clean >/dev/null # only the compiler prints findings
                findings gcc ninja -C build-gcc-analyser
                ;;
        scan-build)
                configure build-analyser -Dtests=disabled -Dbench=false
                findings scan-build ninja -C build-analyser scan-build
                ;;
        sanitizers) tests ;;
        tsan)
                export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/tsan.supp"
                # shellcheck disable=SC2086 # several names
                run_tests build-tsan '-Dtests=enabled -Dbench=false -Db_sanitize=thread -Db_lundef=false' $threaded
                tests/summary.py build-tsan
                ;;
        valgrind)
                export UNDER="valgrind -q --leak-check=full --error-exitcode=99 --suppressions=$PWD/tests/valgrind.supp"
                # shellcheck disable=SC2086 # several names
                run_tests build '-Dtests=enabled' --timeout-multiplier 10 $daemons
                tests/summary.py build
                ;;
        *) fail "there is no check \"$1\"; the checks are: $checks" ;;
        esac
}

check() {
        if [ $# -eq 1 ]; then
                need check
                check_one "$1"
                return
        fi
        # shellcheck disable=SC2086 # several names
        [ $# -gt 0 ] || set -- $checks
        failed=
        for name in "$@"; do
                say "Checking with $name"
                # Another shell, because `set -e` has no effect in a function whose status is looked at.
                ./do check "$name" || failed="$failed $name"
        done
        [ -z "$failed" ] || fail "there are findings of$failed; see above"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
demo | coverage | builds | languages | surroundings | bench | faults | fuzz | vm | package | native | transcripts | check | soak | tidy)
        "$command" "$@"
        ;;
test) tests "$@" ;;
install) install_here "$@" ;;
release) tests/package/release "$@" ;;
uninstall) units/source-install uninstall "$@" ;;
packages) packages "${1:-test}" | cut -d ' ' -f 1 ;;
help | --help | -h) usage ;;
--version) sed -n "s/^ *version: '\(.*\)',$/auditfail \1/p" meson.build ;;
*)
        usage >&2
        exit 2
        ;;
esac
