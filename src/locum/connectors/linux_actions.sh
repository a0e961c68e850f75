# Accounts that stay, the rights given to them, and the steps that are more than a right; linux.sh, which takes the orders,
# comes after it.
#
# The note of a session on an account that stays has "kept" as its second line, and a line for each group the session
# brought. What another session's note names as well is left to that session (SES-11); what was there before any of
# them is named in no note, and is left alone. Nothing of such an account is ever removed but what a session added.

# ---- own_account, managed_account

apply_own_account() {
  [ "$whose" != kept ] || return 0
  need_lasting
  # Nobody's own account is the system's: somebody may be called as one of those is.
  [ "$uid" -ge 1000 ] && [ "$uid" != 65534 ] || refuse "[5] the account $login is no person's"
  keep_note
}

# What the person had running goes on: it is theirs.
revert_own_account() { drop_note; }

apply_managed_account() {
  if [ "$whose" = none ]; then
    [ "$value" = yes ] || refuse "[9] there is no account $login"
    patiently useradd --create-home --comment locum-managed --password '*' --user-group --shell /bin/bash \
      --expiredate 1 "$login" || later "useradd failed: $said"
    look_up
  fi
  [ "$whose" = kept ] || { need_lasting; keep_note; }
  patiently usermod --expiredate '' "$login" || later "usermod failed: $said"
}

# Off, and what it has running ended, unless another session is on it. Only an account that Locum made is deleted.
revert_managed_account() {
  if [ "$whose" = kept ] && ! noted_elsewhere "$login $uid"; then
    patiently usermod --expiredate 1 "$login" || later "usermod failed: $said"
    other=$(awk -F: -v uid="$uid" -v login="$login" '$3 == uid && $1 != login { print $1; exit }' /etc/passwd)
    [ -z "$other" ] || refuse "the account $other has the uid of $login"
    end_processes 2
    [ "$whose" = kept ] || return 0
    if [ "$more1" = true ] && [ "${comment%%,*}" = locum-managed ] && ! noted_elsewhere "$login $uid"; then
      patiently userdel --remove "$login" || [ "$status" = 12 ] || later "userdel failed: $said"
    fi
  fi
  drop_note
}

need_lasting() {
  [ "$whose" != none ] || refuse "[9] there is no account $login"
  case $comment in locum-managed*) ;; locum-*) refuse "[9] the account $login is another session's" ;; esac
  [ "$uid" != 0 ] || refuse "[5] the account $login is root"
}

keep_note() {
  mkdir -p "$notes" && printf '%s %s\nkept\n' "$login" "$uid" > "$note" && sync "$note" || later "can't write $note"
  whose=kept stage=kept
}

drop_note() {
  [ ! -e "$note" ] || rm -f "$note"
  [ ! -d "$notes" ] || rmdir "$notes" 2> /dev/null || :
}

# Whether the note of another session on this account has that line.
noted_elsewhere() {
  for other in "$notes"/*; do
    [ -f "$other" ] && [ "$other" != "$note" ] || continue
    grep -qxF "$login $uid" "$other" && grep -qxF "$1" "$other" && return 0
  done
  return 1
}

# ---- authorized_key of an account that stays: one line more; the others are the person's

add_key() {
  as_user '
    cd "$1" && { mkdir .ssh 2> /dev/null || [ -d .ssh ]; } && cd .ssh && [ ! -L authorized_keys ] || exit 1
    umask 077
    { [ ! -e authorized_keys ] || grep -vF " locum:$3" authorized_keys; printf "%s\n" "$2"; } > authorized_keys.locum
    [ ! -e authorized_keys ] || chmod --reference=authorized_keys authorized_keys.locum
    mv -f authorized_keys.locum authorized_keys
  ' sh "$home" "$key_options $value" "$session" > /dev/null 2>&1 || later "can't write the key of $login"
}

drop_key() {
  as_user '
    cd "$1/.ssh" 2> /dev/null && [ ! -L authorized_keys ] || exit 0
    rm -f authorized_keys.locum
    grep -qsF " locum:$2" authorized_keys || exit 0
    umask 077
    grep -vF " locum:$2" authorized_keys > authorized_keys.locum
    chmod --reference=authorized_keys authorized_keys.locum
    if [ -s authorized_keys.locum ]; then mv -f authorized_keys.locum authorized_keys
    else rm -f authorized_keys.locum authorized_keys; rmdir ../.ssh 2> /dev/null || :; fi
  ' sh "$home" "$session" > /dev/null 2>&1 || later "can't remove the key of $login"
}

# ---- group of an account that stays

look_group() {
  if [ "$whose" = kept ] && is_member && ! noted_elsewhere "group $value"; then echo "locum: done member"
  else echo "locum: done none"; fi
}

note_group() {
  [ "$whose" = kept ] || return 0
  grep -qxF "group $value" "$note" || echo "group $value" >> "$note" || later "can't write $note"
}

# Processes hold the groups they were started with: those of the account that hold this one end.
drop_group() {
  [ "$more1" != member ] && grep -qxF "group $value" "$note" || return 0
  if noted_elsewhere "group $value"; then forget_group; return; fi
  ! is_member || patiently gpasswd --delete "$login" "$value" || later "gpasswd failed: $said"
  number=$(getent group "$value") number=${number#*:*:} number=${number%%:*}
  held=$(grep -sE '^(Uid|Groups):' /proc/[0-9]*/status | awk -F/ -v uid="$uid" -v gid="$number" '
    $4 ~ /^status:Uid:/ { split($4, word, /[ \t]+/); own[$3] = (word[2] == uid) }
    $4 ~ /^status:Groups:/ {
      count = split($4, word, /[ \t]+/)
      for (i = 2; i <= count; i++) if (word[i] == gid && own[$3]) print $3
    }')
  [ -z "$held" ] || kill -KILL $held 2> /dev/null
  forget_group
}

forget_group() {
  grep -vxF "group $value" "$note" > "$note.new"
  mv -f "$note.new" "$note" || later "can't write $note"
}

# What runs as another account by sudo since the session's rule was written ends with the rule.
end_sudo() {
  [ -e "/etc/sudoers.d/$mark" ] || return 0
  since=$(($(date +%s) - $(stat -c %Y "/etc/sudoers.d/$mark") + 1))
  ran=$(grep -slzx "SUDO_UID=$uid" /proc/[0-9]*/environ | while IFS=/ read -r _ _ process _; do
    awk -v since="$since" 'NR == FNR { up = $1; next }
      { sub(/.*\) /, ""); if (up - $20 / 100 <= since) print pid }' pid="$process" /proc/uptime "/proc/$process/stat"
  done 2> /dev/null)
  [ -z "$ran" ] || kill -KILL $ran 2> /dev/null
}

# ---- custom_script: an operator's own text, run as the session's account or one that the operator names. What it is
# about reaches it as variables, never as a part of the text. Done again after a crash.

apply_custom_script() {
  as=${more1:-$login}
  [ -n "$more1" ] || need_ours
  account=$(getent passwd "$as") || refuse "[9] there is no account $as"
  IFS=: read -r _ _ as_uid as_gid _ as_home _ << END
$account
END
  text=$(printf '%s' "$value" | base64 -d) || refuse "the script is malformed"
  out=$(mktemp /run/locum.XXXXXXXX) || later "no room for the script's output"
  unlock
  # It gets none of our pipes. What it leaves running holds this up until its time is over, and no longer.
  {
    cd "$as_home" 2> /dev/null || cd /
    timeout -s KILL "$more2" setpriv --reuid="$as_uid" --regid="$as_gid" --init-groups env -i PATH="$PATH" \
      HOME="$as_home" USER="$as" LOGNAME="$as" SHELL=/bin/sh LOCUM_SESSION="$session" LOCUM_LOGIN="$asked" \
      LOCUM_USER="$more3" LOCUM_HOST="$more4" /bin/sh -c "$text" 3<&- 9<&- < /dev/null 2>&1
    echo "$?" > "$out.status"
  } 2> /dev/null | timeout "$((more2 + 1))" sh -c '
    dd of="$1" bs=1 count=12288 2> /dev/null; exec cat > /dev/null
  ' sh "$out" 3<&- 9<&-
  cd /
  ended=$(cat "$out.status" 2> /dev/null) said=$(base64 -w0 < "$out")
  rm -f "$out" "$out.status"
  case ${ended:-137} in
    0) echo "locum: done $said" ;;
    137) echo "locum: refused [4] the script did not end in $more2 s | $said" ;;
    *) echo "locum: refused [1] the script ended with $ended | $said" ;;
  esac
  exit 0
}

# One that was cut off ends, with what it has started. It gives no right, so nothing waits for what does not end.
revert_custom_script() {
  unlock
  rounds=0
  while left=$(grep -slzx "LOCUM_SESSION=$session" /proc/[0-9]*/environ); do
    rounds=$((rounds + 1))
    [ "$rounds" -lt 50 ] || refuse "what the script has started does not end"
    kill -KILL $(printf '%s' "$left" | cut -d/ -f3) 2> /dev/null
    sleep 0.02
  done
}

# ---- file_monitor: what a file is before and after

look_file_monitor() {
  [ -f "$value" ] || { echo "locum: done missing"; exit 0; }
  sum=$(sha256sum < "$value") || later "can't read $value"
  echo "locum: done ${sum%% *}"
}
