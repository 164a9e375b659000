/**
 * A script for `sh -c` that runs a command for as long as standard input stays open, which its
 * owner holds: the command ends with its owner, however that one dies. Its first line of output is
 * the command's process id.
 *
 *   sh -c LEASH leash LOG_FILE COMMAND [ARGUMENTS]
 *
 * A closed input sends SIGTERM; a command that still runs 10 s later is killed. (A text and no
 * file, so that it is wherever this module is.)
 */
export const LEASH = `
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
`;
