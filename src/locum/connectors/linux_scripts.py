"""The shell scripts the Linux connector runs as root, one for each step and direction.

Arguments: $1 the session's id, $2 the login name, $3 the step's own. Every script may be run again after a crash at
any of its lines. An account is ours when its comment (GECOS) field is `locum-<session id>`, written by useradd in
the same rename that makes the account.
"""

from __future__ import annotations

_COMMON = r"""
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077
id=$1 login=$2
mark="locum-$id"
state=/var/lib/locum
field() { getent passwd "$login" | cut -d: -f"$1"; }
mine() { [ "$(field 5 | cut -d, -f1)" = "$mark" ]; }
exists() { getent passwd "$login" >/dev/null; }
# useradd and friends refuse while another of them holds the lock: wait for it.
locked() {
  tries=0
  while :; do
    "$@" && return 0
    status=$?
    tries=$((tries + 1))
    { [ "$status" -eq 1 ] || [ "$status" -eq 10 ]; } && [ "$tries" -lt 50 ] || return "$status"
    sleep 0.2
  done
}
"""

# A home that useradd made before a crash, but whose account is not there, is known by a note written before it.
_ACCOUNT_APPLY = (
    _COMMON
    + r"""
if exists; then mine || exit 64; fi
mkdir -p "$state" && chmod 700 "$state" || exit 1
home=/home/$login
if ! exists; then
  if [ -e "$home" ] && [ ! -e "$state/$id" ]; then exit 68; fi
  printf '%s\n' "$login" > "$state/$id.new" && sync "$state/$id.new" && mv "$state/$id.new" "$state/$id" || exit 1
  rm -rf --one-file-system "$home"
  shell=/bin/bash; [ -x "$shell" ] || shell=/bin/sh
  locked useradd --create-home --home-dir "$home" --shell "$shell" --comment "$mark" "$login" || exit 1
fi
[ -d "$home" ] || { cp -r /etc/skel "$home" && chown -R "$login:" "$home"; } || exit 1
chmod 700 "$home"
"""
)

# No new login may race the killing, so the account is shut first. Then everything that runs in its name: by any of
# its user ids, by the audit login id that the kernel passes down from its sign-in, and by sudo's own variables.
# What a root process did to hide itself from all three is beyond this script; see the connector's documentation.
_ACCOUNT_REVERT = (
    _COMMON
    + r"""
home=/home/$login
if exists; then
  if ! mine; then exit 0; fi
  uid=$(field 3)
  [ "$uid" -gt 0 ] || exit 1
  locked usermod --lock --expiredate 1 --shell /usr/sbin/nologin "$login" || exit 1
  rm -f "$home/.ssh/authorized_keys"
  if command -v loginctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; then
    loginctl disable-linger "$login" 2>/dev/null
    loginctl terminate-user "$login" 2>/dev/null
  fi
  running() {
    for status in /proc/[0-9]*/status; do
      process=${status%/status}
      pid=${process#/proc/}
      [ "$pid" -ne 1 ] && [ "$pid" -ne $$ ] || continue
      if { grep -q "^Uid:.*[[:space:]]$uid\([[:space:]]\|\$\)" "$status" ||
           [ "$(cat "$process/loginuid")" = "$uid" ] ||
           tr '\0' '\n' < "$process/environ" | grep -qx "SUDO_UID=$uid"; } 2>/dev/null
      then echo "$pid"; fi
    done
  }
  rounds=0
  while pids=$(running) && [ -n "$pids" ]; do
    kill -KILL $pids 2>/dev/null
    rounds=$((rounds + 1))
    [ "$rounds" -lt 100 ] || { echo "processes of $login do not end" >&2; exit 1; }
    sleep 0.02
  done
  if command -v crontab >/dev/null 2>&1; then crontab -r -u "$login" 2>/dev/null; fi
  rm -f "/var/spool/cron/crontabs/$login" "/var/spool/cron/$login"
  if command -v atq >/dev/null 2>&1; then
    for job in $(atq 2>/dev/null | awk -v l="$login" '$NF == l { print $1 }'); do atrm "$job"; done
  fi
  rm -rf --one-file-system "/run/user/$uid" "/run/sudo/ts/$login" "/run/sudo/ts/$uid" \
    "/var/lib/sudo/ts/$login" "/var/lib/sudo/lectured/$login" "/var/lib/sudo/lectured/$uid" \
    "/var/lib/systemd/linger/$login" "/var/mail/$login" "/var/spool/mail/$login"
  for place in /tmp /var/tmp /dev/shm /run/lock; do
    [ -d "$place" ] && find "$place" -xdev -mindepth 1 -user "$uid" -prune -exec rm -rf {} + 2>/dev/null
  done
  rm -rf --one-file-system "$home"
  locked userdel "$login" || exit 1
fi
if [ -e "$state/$id" ] && ! exists; then
  rm -rf --one-file-system "$home"
  rm -f "$state/$id"
fi
if getent group "$login" >/dev/null && ! exists; then
  [ -n "$(getent group "$login" | cut -d: -f4)" ] || locked groupdel "$login" || exit 1
fi
rm -f "$state/$id.new"
rmdir "$state" 2>/dev/null
exit 0
"""
)

# The path lies in the account's own power, so the account itself writes there: as root a link could lead anywhere.
_KEY_APPLY = (
    _COMMON
    + r"""
exists || exit 67
mine || exit 64
setpriv --reuid "$login" --regid "$(field 4)" --clear-groups /bin/sh -c '
  umask 077
  cd "$1" && mkdir -p .ssh && chmod 700 .ssh && cd .ssh || exit 1
  if grep -qxF "$2" authorized_keys 2>/dev/null; then exit 0; fi
  printf "%s\n" "$2" > authorized_keys.locum && mv authorized_keys.locum authorized_keys
' sh "$(field 6)" "restrict,pty $3" || exit 1
"""
)

_KEY_REVERT = (
    _COMMON
    + r"""
mine || exit 0
setpriv --reuid "$login" --regid "$(field 4)" --clear-groups /bin/sh -c '
  cd "$1/.ssh" 2>/dev/null && rm -f authorized_keys authorized_keys.locum; exit 0
' sh "$(field 6)"
exit 0
"""
)

_SUDOERS_APPLY = (
    _COMMON
    + r"""
mine || exit 64
rule=/etc/sudoers.d/locum-$id
fresh=$(mktemp /etc/sudoers.locum.XXXXXX) || exit 1
trap 'rm -f "$fresh"' EXIT
printf '%s\n' "$3" > "$fresh" && chmod 0440 "$fresh" || exit 1
visudo -cqf "$fresh" >&2 || exit 65
sync "$fresh"
mv -f "$fresh" "$rule" || exit 1
"""
)

_SUDOERS_REVERT = (
    _COMMON
    + r"""
rm -f "/etc/sudoers.d/locum-$id" || exit 1
# A crash between mktemp and mv leaves its file: it carries our login's name and nobody else's.
for left in /etc/sudoers.locum.*; do
  [ -f "$left" ] && grep -q "^$login " "$left" && rm -f "$left"
done
exit 0
"""
)

_GROUP_APPLY = (
    _COMMON
    + r"""
mine || exit 64
getent group "$3" >/dev/null || exit 66
locked usermod --append --groups "$3" "$login" || exit 1
"""
)

_GROUP_REVERT = (
    _COMMON
    + r"""
mine || exit 0
getent group "$3" >/dev/null || exit 0
case ",$(getent group "$3" | cut -d: -f4)," in
  *",$login,"*) locked gpasswd --delete "$login" "$3" >/dev/null || exit 1 ;;
esac
exit 0
"""
)

APPLY = {
    "account": _ACCOUNT_APPLY,
    "authorized_key": _KEY_APPLY,
    "sudoers": _SUDOERS_APPLY,
    "group": _GROUP_APPLY,
}
REVERT = {
    "account": _ACCOUNT_REVERT,
    "authorized_key": _KEY_REVERT,
    "sudoers": _SUDOERS_REVERT,
    "group": _GROUP_REVERT,
}
