# The beginning of every script that Locum runs on a Linux host as root. An order's last line is "locum: done" and what
# was found, "locum: refused WHY" when trying again will not help, or "locum: later WHY".

set -u
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
unset IFS CDPATH ENV

refuse() { printf 'locum: refused %s\n' "$*"; exit 0; }
later() { printf 'locum: later %s\n' "$*"; exit 0; }

# One change at a time on a host, but for the waiting for processes; /etc is a lock that leaves nothing behind.
lock() { exec 9< /etc; flock -w 15 9 || later "another session's change takes too long"; }
unlock() { exec 9<&-; }

# Whoever gave this order may be gone by now, and one that came later may be done. Now that nothing else can happen
# before us, ask whether it still stands.
confirm() {
  echo "locum: still?"
  [ "$(timeout 5 head -c 4 <&3)" = yes ] || exit 1
}

# useradd and its kin give up while an administrator's tool holds /etc/passwd (1, 10), and userdel while a process that
# was killed is not quite gone (8): try again for a while.
patiently() {
  tries=0
  while :; do
    said=$("$@" 2>&1) && return 0
    status=$?
    tries=$((tries + 1))
    case $status in 1 | 8 | 10) [ "$tries" -lt 40 ] || return "$status" ;; *) return "$status" ;; esac
    sleep 0.2
  done
}

# What lies in an account's own power is touched with its own rights ($uid, $gid): as root, a link in it could lead
# anywhere. A user who stops that process is waited for only so long. It gets none of our pipes: whoever has the same
# rights could read orders from them, or answer in our name.
as_user() {
  timeout -s KILL 10 setpriv --reuid="$uid" --regid="$gid" --clear-groups /bin/sh -c "$@" 3<&- 9<&-
}

