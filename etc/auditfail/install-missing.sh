#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# install-missing.sh FOLDER FILE...: copies those of the policy files that are not in FOLDER yet. What is there is the
# administrator's, a link to /dev/null included.
set -eu

folder=${DESTDIR:-}$1
shift
install -d -m 755 "$folder"
for file; do
        target=$folder/${file##*/}
        [ -e "$target" ] || [ -L "$target" ] || install -m 644 "$file" "$target"
done
