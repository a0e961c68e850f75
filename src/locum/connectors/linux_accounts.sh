# What Locum does on a Linux host, as root, to look at and change the secrets of accounts that are there already;
# linux_common.sh comes before it. It reads orders of seven lines each: a verb, a login or nothing, five values or
# nothing. Every verb makes sure of a state and may be run again after a crash at any line.
#
# Secrets come in as lines and go on through pipes that the shell's own printf feeds: they are never arguments or
# environment of another program, which others on the host could read.

set -f
notes=/var/lib/locum

obey() {
  [ "$(command -v printf)" = printf ] || refuse "the shell has no printf of its own, so secrets would be arguments"
  case $verb in
    find) look_up; find_account ;;
    accepts_password) need_account; accepts_password ;;
    change_password) lock; confirm; need_local; change_password ;;
    accepts_key) need_account; accepts_key ;;
    change_key) lock; confirm; need_account; change_key ;;
    enable) lock; confirm; need_local; enable ;;
    disable) lock; confirm; need_local; disable ;;
    read_file) settle_path; read_file ;;
    write_file) lock; confirm; settle_path; write_file ;;
    restart) restart ;;
    *) refuse "unknown verb" ;;
  esac
  found
}

found() { printf 'locum: done %s\n' "$*"; exit 0; }

# Sets uid (nothing: there is no such account), gid, home, shell, hash and expires. What is found must be called exactly
# as asked: some directories take a name for a number or do not mind its case.
look_up() {
  uid='' gid='' home='' shell='' hash='' expires=''
  IFS=:
  set -- $(getent passwd "$login")
  if [ "${1-}" = "$login" ]; then
    uid=${3-} gid=${4-} home=${6-} shell=${7-}
    set -- $(getent shadow "$login")
    [ "${1-}" != "$login" ] || { hash=${2-} expires=${8-}; }
  fi
  unset IFS
  today=$(($(date +%s) / 86400))
}

need_account() {
  look_up
  [ -n "$uid" ] || refuse "there is no account $login"
}

need_local() {
  need_account
  grep -q "^$login:" /etc/passwd && grep -q "^$login:" /etc/shadow || refuse "the account $login is not kept on this host"
}

# A password locked by hand: '!' before the hash. '!' and '*' alone mean that there is none.
locked() { case $hash in '!' | '!!' | '!*') return 1 ;; '!'*) return 0 ;; *) return 1 ;; esac; }
expired() { [ -n "$expires" ] && [ "$expires" -le "$today" ]; }

find_account() {
  [ -n "$uid" ] || found
  enabled=yes
  if locked || expired; then enabled=no; fi
  rights=ordinary
  if [ "$uid" = 0 ]; then
    rights=root
  elif timeout 5 sudo -n -l -U "$login" | grep -q 'may run the following'; then
    rights=sudo
  fi
  found "$enabled:$uid:$gid:$rights:$home:$shell"
}

# ---- password. PAM's own helper says whether it is right, whatever sshd lets in, and counts no failed sign-ins.

accepts_password() {
  ! locked || refuse "the password of $login is locked on the host: no way to try it"
  command -v unix_chkpwd > /dev/null || found unknown
  printf '%s\0' "$first" | timeout 15 unix_chkpwd "$login" nonull
  case $? in 0) found yes ;; 7) found no ;; *) found unknown ;; esac
}

change_password() {
  ! locked || refuse "the password of $login is locked on the host: unlock the account first"
  tries=0
  until said=$(printf '%s:%s\n' "$login" "$first" | timeout 20 chpasswd 2>&1); do
    case $?:$said in
      124:*) later "chpasswd takes too long" ;;
      *lock*) [ "$tries" -lt 40 ] || later "chpasswd failed: $said" ;;
      *) refuse "chpasswd failed:" $said ;;
    esac
    tries=$((tries + 1))
    sleep 0.2
  done
}

# ---- enabled. An account that has expired is let in by no way at all, with keys neither, and keeps its secrets. The
# day of expiry it had before is noted and comes back.

disable() {
  ! expired || return 0
  if [ -n "$expires" ]; then
    mkdir -p "$notes" && echo "$expires" > "$notes/expires-$login" && sync "$notes/expires-$login" ||
      later "can't write a note"
  fi
  patiently usermod --expiredate 1 "$login" || later "usermod failed: $said"
}

enable() {
  note=$notes/expires-$login
  before=''
  [ ! -f "$note" ] || read -r before < "$note"
  [ "$expires" = 1 ] || before=$expires
  if [ -n "$before" ] && [ "$before" -le "$today" ]; then refuse "the account $login is past its day of expiry"; fi
  [ "$expires" = "$before" ] || patiently usermod --expiredate "$before" "$login" || later "usermod failed: $said"
  ! locked || patiently usermod --unlock "$login" || later "usermod failed: $said"
  rm -f "$note"
  [ ! -d "$notes" ] || rmdir "$notes" 2> /dev/null || :
}

# ---- key. In ~/.ssh/authorized_keys, with the account's own rights. Options and comments stay as they are.

# Prints the line's options, key and comment apart: where the key begins follows from the options' quotes.
parser='
function begins(line, i, c, quoted) {
  match(line, /^[ \t]*/)
  i = RLENGTH + 1
  if (substr(line, i, 1) == "" || substr(line, i, 1) == "#") return 0
  if (substr(line, i) ~ /^(ssh|ecdsa|sk)-[^ \t,="]+[ \t]/) return i
  for (; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (c == "\\" && substr(line, i + 1, 1) == "\"") i++
    else if (c == "\"") quoted = !quoted
    else if (!quoted && (c == " " || c == "\t")) break
  }
  while (substr(line, i, 1) ~ /[ \t]/) i++
  return i
}
function key(line, i, word) {
  i = begins(line)
  if (!i) return ""
  split(substr(line, i), word, /[ \t]+/)
  return word[1] " " word[2]
}
'

accepts_key() {
  as_user 'head -c 1000000 "$1/.ssh/authorized_keys"' sh "$home" 2> /dev/null | {
    if awk -v wanted="$first" "$parser"'key($0) == wanted { hit = 1 } END { exit !hit }'; then found yes; else found no; fi
  }
  exit 0
}

change_key() {
  said=$(as_user '
    cd "$1" && { [ -d .ssh ] || mkdir -m 700 .ssh; } && cd .ssh || exit 1
    [ ! -L authorized_keys ] || exit 3
    [ -e authorized_keys ] || : > authorized_keys
    rm -f authorized_keys.locum
    cp -p authorized_keys authorized_keys.locum && chmod u+rw authorized_keys.locum &&
      awk -v add="$2" -v old="$3" "$4" authorized_keys > authorized_keys.locum && sync authorized_keys.locum &&
      mv -f authorized_keys.locum authorized_keys
  ' sh "$home" "$first" "$second" "$parser"'
    { line[NR] = $0; if (key($0) == add) there = 1 }
    END {
      for (n = 1; n <= NR; n++) {
        if (old == "" || old == add || key(line[n]) != old) { print line[n]; continue }
        if (there) continue
        there = 1
        i = begins(line[n])
        rest = substr(line[n], i)
        sub(/^[^ \t]+[ \t]+[^ \t]+/, "", rest)
        print substr(line[n], 1, i - 1) add rest
      }
      if (!there) print add
    }' 2>&1)
  case $? in
    0) ;;
    3) refuse "authorized_keys of $login is a symbolic link" ;;
    *) refuse "$login can't change its authorized_keys:" $said ;;
  esac
}

# ---- file. It is touched as root only where root alone decides what is at that path: every folder above it belongs to
# root and can be written by nobody else. Where the file's owner decides too, it is touched with the owner's rights.

settle_path() {
  path=$first folder=${first%/*}
  [ ! -L "$path" ] && [ "$(realpath -e -- "$path")" = "$path" ] || refuse "$path is not there, or a link leads to it"
  [ -f "$path" ] || refuse "$path is not a file"
  before=$(stat -c '%u %g %a' -- "$path")
  set -- $before
  uid=$1 gid=$2 acting=as_root
  [ "$(stat -c %h -- "$path")" = 1 ] || refuse "$path has several names (hard links)"
  above=$folder
  while :; do
    set -- $(stat -c '%u %a' -- "$above/")
    case $2 in *[2367] | *[2367]?) refuse "others may write to $above/" ;; esac
    if [ "$1" != 0 ]; then
      [ "$1" = "$uid" ] || refuse "$above/ belongs to another account than $path"
      acting=as_user
    fi
    [ -n "$above" ] || break
    above=${above%/*}
  done
}

as_root() { timeout -s KILL 10 /bin/sh -c "$@"; }

read_file() {
  content=$("$acting" 'head -c 40000 -- "$1"' sh "$path" | base64 -w 0)
  [ "${#content}" -le 53332 ] || refuse "$path has 40000 bytes or more"
  found "$content"
}

# $second is the digest of what the new content was made from, $third the new content, $fourth its digest, and $fifth
# the dependant's id.
write_file() {
  now=$("$acting" 'sha256sum < "$1"' sh "$path")
  [ "${now%% *}" = "$second" ] || later "$path was changed by somebody else a moment ago"
  printf %s "$third" | base64 -d | "$acting" '
    draft=$2/.locum-$3
    rm -f -- "$draft"
    cp --attributes-only --preserve=all -- "$1" "$draft" && cat > "$draft" &&
      [ "$(sha256sum < "$draft")" = "$5  -" ] && [ "$(stat -c "%u %g %a" -- "$draft")" = "$4" ] &&
      sync "$draft" && mv -fT -- "$draft" "$1" && exit 0
    rm -f -- "$draft"
    exit 1
  ' sh "$path" "$folder" "$fifth" "$before" "$fourth" || refuse "$path can't be written with its owner and mode kept"
}

# ---- restart. What is started must not keep our lock, our pipes or our environment.

restart() {
  unit=$first service=/etc/init.d/${first%.service}
  if [ -d /run/systemd/system ]; then
    timeout 60 systemctl restart -- "$unit" || refuse "systemctl can't restart $unit"
    sleep 1
    systemctl is-active --quiet -- "$unit" || refuse "$unit does not run after its restart"
  elif [ -x "$service" ]; then
    clean timeout 60 "$service" restart || refuse "$service can't restart"
    sleep 1
    clean timeout 20 "$service" status || refuse "$service does not run after its restart"
  else
    refuse "there is no unit $unit: neither systemd nor $service"
  fi
}

clean() { env -i PATH="$PATH" TERM=dumb "$@" > /dev/null 2>&1 3<&-; }

while IFS= read -r verb && IFS= read -r login && IFS= read -r first && IFS= read -r second && IFS= read -r third &&
  IFS= read -r fourth && IFS= read -r fifth; do
  (obey) 3<&0 < /dev/null || exit 1
done
