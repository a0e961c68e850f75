#!/usr/bin/env bash
# install_packages.sh WHO PACKAGE…: installs with apt those packages whose programs are missing; WHO needs them.
# Silent when nothing is missing. Needs root or sudo only when something is.
set -euo pipefail
who=$1
shift
# Debian keeps servers' programs out of an ordinary user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

present() {
    case $1 in
    python3-venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' ;;
    openssh-client) command -v ssh ;;
    openssh-server) command -v sshd ;;
    sudo) command -v sudo && command -v visudo ;;
    procps) command -v ps && command -v pgrep ;;
    postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
    mariadb-server) command -v mariadbd && command -v mariadb-install-db ;;
    zbar-tools) command -v zbarimg ;;
    putty-tools) command -v plink && command -v pscp ;;
    ansible-core) command -v ansible-playbook ;;
    softhsm2) command -v softhsm2-util ;;
    *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=()
for package in "$@"; do
    present "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "$who: missing ${missing[*]}; run this as root, or install sudo, or install them by hand" >&2
        exit 1
    fi
    as_root=(sudo)
fi
if ! command -v apt-get >/dev/null; then
    echo "$who: missing ${missing[*]} and there is no apt-get here; install them by hand" >&2
    exit 1
fi
if [ ${#as_root[@]} -eq 0 ]; then how="as root"; else how="through sudo"; fi
echo "$who: missing ${missing[*]}; installing with apt $how."
echo "Services that come along stay stopped until the next boot."

# Debian's way to keep a freshly installed sshd or database from being started: Locum runs its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"

for package in "${missing[@]}"; do
    if ! present "$package"; then
        echo "$who: apt installed $package, but its programs are still not found" >&2
        exit 1
    fi
done
