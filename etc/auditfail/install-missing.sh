#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# install-missing.sh FOLDER FILE...: copies each policy file that FOLDER does not have yet. Existing files belong to the
# administrator, including links to /dev/null.
set -eu

folder=${DESTDIR:-}$1
shift
install -d -m 755 "$folder"
for file; do
        target=$folder/${file##*/}
        [ -e "$target" ] || [ -L "$target" ] || install -m 644 "$file" "$target"
done
