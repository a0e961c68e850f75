# What Locum does on a Linux host, as root, for access sessions; linux_common.sh comes before it. It reads orders of
# eight lines each: a verb, the session's id, the login, and values or nothing.
# Every verb makes sure of a state and may be run again after a crash at any line.
#
# Proof of ownership: the account carries `locum-SESSION_ID` as its comment, and a note under /var/lib/locum,
# written before the account is made and removed last, names its login and uid. A note is only written when no
# account, group or home of that name existed, so whatever of these is found beside a note is ours.
#
# Most of the time goes into starting programs, so the shell's own commands are used where they do.

# Uids and gids of our accounts. An administrator's next account must not be numbered after one of them: this is above
# the ranges of people and services, and below those of containers (systemd's UIDS-GIDS, shadow's SUB_UID_MIN).
low=65536 high=99999

# Only the gateway has the key, and what it lets through is said by the connection profile, connection by connection.
key_options=restrict,pty,port-forwarding,agent-forwarding,X11-forwarding

obey() {
  verb=$1 session=$2 asked=$3 value=$4 more1=$5 more2=$6 more3=$7 more4=$8
  login=$asked
  mark=locum-$session
  home=/home/$login
  notes=/var/lib/locum
  note=$notes/$session
  case $verb in
    # They change nothing, so nothing is held up for them.
    logons) look_up; need_ours; logons; exit 0 ;;
    tell) look_up; need_ours; tell; echo "locum: done"; exit 0 ;;
  esac
  lock
  look_up
  case $verb in
    # The other rights need no such question: they need the account, and what they leave goes with it.
    apply_account) confirm; apply_account ;;
    revert_account) revert_account ;;
    apply_authorized_key) need_ours; apply_authorized_key ;;
    revert_authorized_key) revert_authorized_key ;;
    apply_sudoers) need_ours; apply_sudoers ;;
    revert_sudoers) revert_sudoers ;;
    apply_group) need_ours; apply_group ;;
    revert_group) revert_group ;;
    apply_own_account) confirm; apply_own_account ;;
    revert_own_account) revert_own_account ;;
    apply_managed_account) confirm; apply_managed_account ;;
    revert_managed_account) revert_managed_account ;;
    look_group | look_file_monitor) "$verb"; exit 0 ;;
    apply_custom_script) confirm; apply_custom_script ;;
    revert_custom_script) revert_custom_script ;;
    *) refuse "unknown verb" ;;
  esac
  echo "locum: done"
}

# Sets noted_uid and stage from the note, and whose (none, ours, kept, foreign), uid and home from the account.
look_up() {
  noted_uid='' stage='' whose=none uid='' gid=''
  [ ! -f "$note" ] || { read -r _ noted_uid && read -r stage; } < "$note"
  entry=$(getent passwd "$login")
  if [ -z "$entry" ] && [ -n "$noted_uid" ]; then
    # Root on the host may have renamed it.
    entry=$(awk -F: -v uid="$noted_uid" -v mark="$mark" '$3 == uid && $5 == mark' /etc/passwd)
  fi
  if [ -z "$entry" ] && [ "$stage" = kept ]; then entry=$(getent passwd "$noted_uid"); fi
  [ -n "$entry" ] || return 0
  IFS=: read -r login _ uid gid comment at _ << END
$entry
END
  if [ "$stage" = kept ] && [ "$uid" = "$noted_uid" ]; then
    whose=kept home=$at
  elif [ "${comment%%,*}" = "$mark" ] || [ "$uid" = "$noted_uid" ]; then whose=ours; else whose=foreign; fi
}

need_ours() {
  [ "$whose" = ours ] || [ "$whose" = kept ] || refuse "[9] the account $login is not this session's"
}

# ---- account

apply_account() {
  [ "$whose" != kept ] || refuse "the account $login stays"
  [ "$whose$stage" != oursmade ] || return 0
  [ "$whose" != foreign ] || refuse "the account $login exists and is not this session's"
  # Half made by an attempt that crashed: nobody can have signed in, so it is cleared away and made anew.
  if [ "$whose" = ours ] || [ -n "$noted_uid" ]; then
    remove_account
    rm -f "$note"
  fi
  if getent group "$login" > /dev/null; then refuse "a group named $login exists"; fi
  if [ -e "$home" ] || [ -L "$home" ]; then refuse "$home exists and is not this session's"; fi
  choose_uid
  # A note that a power cut tears before the account is made says nothing, and nothing is there.
  mkdir -p "$notes" && echo "$login $uid" > "$note" && sync "$note" || later "can't write $note"
  shell=/bin/bash
  [ -x "$shell" ] || shell=/bin/sh
  # '*' is a password nobody has. '!' would make an sshd that does not use PAM refuse the key too. The group gets
  # the same id, which useradd only grants inside the range for groups.
  patiently useradd --create-home --home-dir "$home" --shell "$shell" --comment "$mark" --password '*' \
    --uid "$uid" --user-group --key GID_MIN="$low" --key GID_MAX="$high" "$login" || later "useradd failed: $said"
  chmod 700 "$home" || later "no home for $login"
  echo made >> "$note" || later "can't write $note"
}

# Spread by the session's random id: the next account must not own what this one leaves in odd places.
choose_uid() {
  uid=$((low + 0x${session##*-} % (high - low + 1)))
  while getent passwd "$uid" > /dev/null || getent group "$uid" > /dev/null || runs "$uid"; do
    uid=$((uid < high ? uid + 1 : low))
  done
}

runs() { grep -sqE "^Uid:.*[[:space:]]$1([[:space:]]|\$)" /proc/[0-9]*/status; }

revert_account() {
  [ "$stage" != kept ] || refuse "the account $login stays"
  revert_sudoers
  if [ "$whose" = ours ] || { [ "$whose" = none ] && [ -n "$noted_uid" ]; }; then remove_account; fi
  [ ! -e "$note" ] || rm -f "$note"
  [ ! -d "$notes" ] || rmdir "$notes" 2> /dev/null || :
}

# (1) shut the account, (2) keep cron from starting anything, (3) end what runs, (4) remove its files,
# (5) remove the home, (6) remove the account and its group. The caller removes the note, the proof, last.
remove_account() {
  check_uid
  if [ "$whose" = ours ]; then
    patiently usermod --lock --expiredate 1 --shell /usr/sbin/nologin "$login" || later "usermod failed: $said"
  fi
  remove_jobs
  end_processes 2
  [ "$whose" = ours ] || [ -n "$noted_uid" ] || return 0
  check_uid
  remove_files
  remove_home
  remove_entries
}

# Whoever was root on the host may have given the account another uid, or its uid to another account. Killing and
# removing by that uid could then hit anybody, so a person has to look.
check_uid() {
  [ "$whose" = ours ] || uid=$noted_uid
  [ "$uid" = "${noted_uid:-$uid}" ] || refuse "the uid of $login was changed from $noted_uid to $uid"
  [ "$uid" -ge "$low" ] 2> /dev/null && [ "$uid" -le "$high" ] || refuse "the uid of $login is $uid"
  other=$(awk -F: -v uid="$uid" -v login="$login" '$3 == uid && $1 != login { print $1; exit }' /etc/passwd)
  [ -z "$other" ] || refuse "the account $other has the uid of $login"
}

remove_jobs() {
  if [ -d /run/systemd/system ] && command -v loginctl > /dev/null; then
    loginctl disable-linger "$login" 2> /dev/null
    loginctl terminate-user "$login" 2> /dev/null
  fi
  rm -f "/var/lib/systemd/linger/$login" "/var/spool/cron/crontabs/$login" "/var/spool/cron/$login"
  for place in /var/spool/cron/atjobs /var/spool/cron/atspool /var/spool/at; do
    [ ! -d "$place" ] || find "$place" -xdev -type f -uid "$uid" -delete
  done
}

# Until nothing is found, $1 times in a row, because a process that forks and exits while we look may be missed
# once. A fork bomb on this account must not hold up other sessions.
end_processes() {
  unlock
  rounds=0 quiet=0
  while [ "$quiet" -lt "$1" ]; do
    found=$(opened_processes)
    if [ -z "$found" ]; then
      quiet=$((quiet + 1))
      continue
    fi
    quiet=0
    rounds=$((rounds + 1))
    [ "$rounds" -lt 150 ] || later "processes of $login do not end"
    kill -KILL $found 2> /dev/null
    # One signal to all of a uid is the only thing faster than a fork bomb. It is sent with that uid's own rights.
    timeout -s KILL 5 setpriv --reuid="$uid" --clear-groups /bin/sh -c 'kill -KILL -1' 2> /dev/null
    sleep 0.02
  done
  lock
  look_up
}

# The processes that the right had opened: those with the uid as real, effective, saved or file system uid; with
# the audit login uid that the kernel hands down from sign-in, through sudo too; with sudo's own variable; in the
# user's systemd slice; sshd's for the login, also those still signing in; and all that descend from any of them.
# Never this script and what it descends from: an sshd that the user restarted may carry the user's login uid.
opened_processes() {
  {
    grep -sE '^(State|PPid|Uid):' /proc/[0-9]*/status
    grep -slx "$uid" /proc/[0-9]*/loginuid
    grep -slzx "SUDO_UID=$uid" /proc/[0-9]*/environ
    grep -slE "/user-$uid\.slice(/|\$)" /proc/[0-9]*/cgroup
    grep -slaE "^sshd(-session|-auth)?: $login( |@)" /proc/[0-9]*/cmdline
  } | awk -F/ -v uid="$uid" -v self="$$" '
    $4 ~ /^status:State:/ { if ($4 ~ /:[ \t]*[ZX]/) ended[$3] = 1; next }
    $4 ~ /^status:PPid:/ { split($4, word, /[ \t]+/); parent[$3] = word[2]; next }
    $4 ~ /^status:Uid:/ {
      split($4, word, /[ \t]+/)
      for (i = 2; i <= 5; i++) if (word[i] == uid) hit[$3] = 1
      next
    }
    { hit[$3] = 1 }
    END {
      spared[1] = 1
      for (p = self; p in parent; p = parent[p]) spared[p] = 1
      do {
        more = 0
        for (p in parent)
          if (!(p in hit) && !(p in spared) && (parent[p] in hit) && !(parent[p] in spared)) more = hit[p] = 1
      } while (more)
      for (p in hit) if ((p in parent) && !(p in ended) && !(p in spared)) print p
    }'
}

remove_files() {
  unmount_below_owned
  set -- "/run/user/$uid" "/var/mail/$login" "/var/spool/mail/$login" "/run/screen/S-$login"
  for place in /run/sudo/ts /var/lib/sudo/ts /var/lib/sudo/lectured /var/db/sudo/lectured; do
    set -- "$@" "$place/$login" "$place/$uid"
  done
  rm -rf --one-file-system "$@"
  set --
  for place in /tmp /var/tmp /dev/shm /run/lock; do
    [ ! -d "$place" ] || set -- "$@" "$place"
  done
  find "$@" -xdev -mindepth 1 -uid "$uid" -prune -execdir rm -rf --one-file-system -- {} + 2> /dev/null
  cd /proc/sysvipc && shared=$(awk -v uid="$uid" '
    FILENAME == "shm" && $8 == uid { print "-m", $2 }
    FILENAME == "msg" && $8 == uid { print "-q", $2 }
    FILENAME == "sem" && $5 == uid { print "-s", $2 }' shm msg sem)
  cd /
  [ -z "${shared-}" ] || ipcrm $shared
}

# A bind mount below a folder that is removed would take what it shows with it: --one-file-system does not see one
# of the same file system.
unmount_below_owned() {
  while read -r _ _ _ _ point _; do
    case $point in
      "$home" | "$home"/* | "/run/user/$uid") umount -l "$(printf '%b' "$point")" ;;
      /tmp/* | /var/tmp/* | /dev/shm/* | /run/lock/*)
        point=$(printf '%b' "$point")
        folder=${point%/*}
        while [ -n "$folder" ]; do
          if [ "$(stat -c %u "$folder" 2> /dev/null)" = "$uid" ]; then
            umount -l "$point"
            break
          fi
          folder=${folder%/*}
        done ;;
    esac
  done < /proc/self/mountinfo
}

remove_home() {
  if grep -qE "^([^ ]+ ){4}$home[/ ]" /proc/self/mountinfo; then later "$home holds a mount that stays"; fi
  rm -rf --one-file-system "$home" 2> /dev/null && return
  chattr -R -f -i -a "$home" 2> /dev/null
  rm -rf --one-file-system "$home" || later "$home can't be removed"
}

# A host that lost power inside useradd or userdel may hold a part of the entries. Making the account whole first
# lets the platform's own tools remove all of them.
remove_entries() {
  if [ -z "$(getent passwd "$login")" ]; then
    patiently useradd --no-create-home --no-user-group --uid "$uid" --comment "$mark" \
      --shell /usr/sbin/nologin "$login" || later "useradd failed: $said"
  fi
  patiently userdel "$login" || later "userdel failed: $said"
  case $(getent group "$asked") in
    *:"$uid":*) patiently groupdel "$asked" || later "groupdel failed: $said" ;;
  esac
}

# ---- authorized_key

apply_authorized_key() {
  if [ "$whose" = kept ]; then add_key; return; fi
  as_user '
    cd "$1" && { mkdir .ssh 2> /dev/null || chmod 700 .ssh; } && cd .ssh || exit 1
    printf "%s\n" "$2" > authorized_keys.locum && mv -f authorized_keys.locum authorized_keys
  ' sh "$home" "$key_options $value" > /dev/null 2>&1 || later "can't write the key of $login"
}

# Who is signed in with the key is signed out before it goes.
revert_authorized_key() {
  if [ "$whose" = kept ]; then drop_key; return; fi
  [ "$whose" = ours ] || return 0
  check_uid
  end_processes 1
  [ "$whose" = ours ] || return 0
  as_user '
    cd "$1/.ssh" 2> /dev/null || exit 0
    rm -f authorized_keys authorized_keys.locum
  ' sh "$home" > /dev/null 2>&1 || later "can't remove the key of $login"
}

# ---- sudoers. The new file lies outside sudoers.d until it is known to be right, and on the same file system so
# that the move is atomic: half a rule would break sudo for everybody.

apply_sudoers() {
  rule=/etc/sudoers.d/$mark
  command -v visudo > /dev/null || refuse "sudo is not installed"
  grep -qE '^[@#]includedir[[:space:]]+"?/etc/sudoers\.d' /etc/sudoers ||
    refuse "sudo does not read /etc/sudoers.d"
  draft=/etc/$mark.sudoers
  umask 337
  printf '%s\n' "$value" > "$draft" || later "can't write $draft"
  if ! visudo -cqf "$draft" > /dev/null 2>&1; then
    rm -f "$draft"
    refuse "visudo refused the sudo rule"
  fi
  mv -f "$draft" "$rule" || later "can't write $rule"
}

revert_sudoers() {
  [ "$whose" != kept ] || end_sudo
  for file in "/etc/sudoers.d/$mark" "/etc/$mark.sudoers"; do
    [ ! -e "$file" ] || rm -f "$file" || later "can't remove $file"
  done
}

# ---- group

apply_group() {
  getent group "$value" > /dev/null || refuse "[8] there is no group $value"
  note_group
  is_member || patiently usermod --append --groups "$value" "$login" || later "usermod failed: $said"
  is_member || refuse "the group $value is not kept on this host"
}

revert_group() {
  if [ "$whose" = kept ]; then drop_group; return; fi
  [ "$whose" = ours ] || return 0
  ! is_member || patiently gpasswd --delete "$login" "$value" || later "gpasswd failed: $said"
}

is_member() {
  members=$(getent group "$value")
  case ",${members##*:}," in *",$login,"*) return 0 ;; esac
  return 1
}

while IFS= read -r verb && IFS= read -r session && IFS= read -r login && IFS= read -r value &&
  IFS= read -r more1 && IFS= read -r more2 && IFS= read -r more3 && IFS= read -r more4; do
  (obey "$verb" "$session" "$login" "$value" "$more1" "$more2" "$more3" "$more4") 3<&0 < /dev/null || exit 1
done
