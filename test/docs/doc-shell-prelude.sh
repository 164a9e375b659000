set -euo pipefail

groups=()
finish() {
  local code=$?
  for group in "${groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null || true; done
  for group in "${groups[@]}"; do
    for _ in $(seq 100); do kill -0 -- "-$group" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$group" 2>/dev/null || true
  done
  exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM INT

# background TEXT COMMAND: runs on, in a process group of its own; returns once it printed TEXT.
background() {
  local log="$HOME/background-${#groups[@]}.log"
  set -m
  bash -c "$2" > "$log" 2>&1 < /dev/null &
  local pid=$!
  set +m
  groups+=("$pid")
  for _ in $(seq 600); do
    if grep -qF -- "$1" "$log"; then return 0; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "it did not say '$1':"
  tail -20 "$log"
  return 1
}

# retry TEXT COMMAND: for what is true a moment later; until it succeeds and says TEXT.
retry() {
  local said
  for _ in $(seq 50); do
    if said=$(eval "$2" 2>&1) && grep -qF -- "$1" <<< "$said"; then
      echo "$said"
      return 0
    fi
    sleep 0.2
  done
  echo "$said"
  return 1
}
