# Runs a command for as long as standard input stays open, which its owner holds: it ends with its
# owner, however that one dies. First line of output: the command's process id.
#   sh leash.sh LOG_FILE COMMAND [ARGUMENTS]
# A closed input sends SIGTERM; a command that still runs 10 s later is killed.
STOP_CHECKS=400
log=$1
shift
exec 3<&0
"$@" >>"$log" 2>&1 3<&- </dev/null &
child=$!
echo "$child"
(
  exec >/dev/null 2>&1
  cat <&3
  kill -TERM "$child"
  # A stopped process gets the signal only when it goes on.
  kill -CONT "$child"
  checks=0
  while [ "$checks" -lt "$STOP_CHECKS" ] && kill -0 "$child"; do
    sleep 0.025
    checks=$((checks + 1))
  done
  kill -KILL "$child"
) &
exec 3<&-
wait "$child"
code=$?
# The owner sees the output end and closes the input, which ends the guard.
exec >&-
wait
exit "$code"
