# Who is signed in to an account, and words for its terminals; linux.sh, which takes the orders, comes after it.

# One line each: "ssh PROCESS CHILD" or "terminal NAME" for a logon, "uses NAME" for a terminal of any process.
#
# A logon is known by its first process, which is the account's while none above it is: sshd's own for a connection,
# or one that has a terminal. What runs without either (cron, a job left behind, a detached screen) is nobody who is
# there.
signed_in() {
  {
    grep -sE '^(PPid|Uid):' /proc/[0-9]*/status
    grep -saE '\) . [0-9]' /proc/[0-9]*/stat
    grep -slzaE "^sshd(-session)?: $login(@|\$)" /proc/[0-9]*/cmdline
  } | awk -F/ -v uid="$uid" '
    function terminal_of(number, major, minor) {
      major = int(number / 256) % 4096
      minor = number % 256 + int(number / 1048576) * 256
      if (major >= 136 && major <= 143) return "pts/" ((major - 136) * 256 + minor)
      return major == 4 && minor < 64 ? "tty" minor : ""
    }
    $4 ~ /^status:PPid:/ { split($4, word, /[ \t]+/); parent[$3] = word[2]; child[word[2]] = $3; next }
    $4 ~ /^status:Uid:/ { split($4, word, /[ \t]+/); if (word[2] == uid) mine[$3] = 1; next }
    $4 ~ /^stat:/ { p = $3; sub(/.*\) /, ""); split($0, word, " "); terminal[p] = terminal_of(word[5]); next }
    { ssh[$3] = 1 }
    END {
      for (p in mine) {
        if (terminal[p] != "") print "uses", terminal[p]
        above = parent[p]
        for (n = 0; n < 1000 && (above in parent) && !(above in mine); n++) above = parent[above]
        if (above in mine) continue
        if (p in ssh) print "ssh", p, child[p]
        else if (terminal[p] != "") print "terminal", terminal[p]
      }
    }'
}

# From where somebody comes says sshd to what it starts; whoever is signed in could have changed that since.
logons() {
  found=''
  while read -r kind what child; do
    case $kind in
      ssh)
        what=$(tr '\0' '\n' 2> /dev/null < "/proc/$child/environ" |
          sed -n 's/^SSH_CLIENT=\([0-9A-Fa-f:.]*\) .*/\1/p' | head -n 1)
        ;;
      terminal) ;;
      *) continue ;;
    esac
    found="$found $kind:$what"
  done << END
$(signed_in | head -n 200)
END
  printf 'locum: done%s\n' "$found"
}

# A terminal that takes nothing, because its person stopped it, is not waited for.
tell() {
  signed_in | sed -n 's/^uses //p' | sort -u | head -n 50 | while read -r terminal; do
    [ ! -c "/dev/$terminal" ] ||
      timeout -s KILL 2 /bin/sh -c 'printf "\r\n%s\r\n" "$1" > "$2"' sh "$value" "/dev/$terminal" 2> /dev/null
  done
}

