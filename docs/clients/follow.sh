#!/usr/bin/env bash
# A client of a node's API by curl: reads the status, lists all requests, explains the newest answered
# one, verifies its evidence, and follows events until a request ends.
#
#   DODONA_URL=http://127.0.0.1:7411 DODONA_KEY=… bash follow.sh
set -euo pipefail

url=${DODONA_URL:-http://127.0.0.1:7411}
max_pages=1000

# The key goes through a pipe: in an argument everybody on the machine could read it.
api() {
  printf 'authorization: Bearer %s' "$DODONA_KEY" |
    curl --silent --show-error --fail-with-body --retry 5 --header @- "$@"
}
# The JSON of a path; what the node refuses with goes to standard error.
get() {
  local body
  body=$(api --max-time 30 "$url$1") || { echo "$body" >&2; return 1; }
  printf '%s' "$body"
}
# Texts of the fields with this name, one a line.
texts() { grep -o "\"$1\":\"[^\"]*\"" | cut -d '"' -f 4; }

get /v1/status | grep -o '"isReady":[a-z]*'

# A page may be empty and still have a next one. Its own `next` is the last field.
cursor=''
for _ in $(seq "$max_pages"); do
  page=$(get "/v1/requests?limit=2${cursor:+&cursor=$cursor}")
  texts id <<< "$page" | sed 's/^/request /' || true
  cursor=$(grep -o '"next":"[0-9]*"}$' <<< "$page" | tr -dc 0-9) || break
done

newest=$(get '/v1/requests?state=answered&limit=1' | texts id) || true
if [ -n "$newest" ]; then
  get "/v1/requests/$newest" | texts what
  file=$(mktemp)
  trap 'rm -f "$file"' EXIT
  get "/v1/requests/$newest/evidence" > "$file"
  npx dodona verify --bundle "$file"
fi

# Server-sent events: names of fields, a colon, and a value. The node sends a line each 15 s. (curl
# would complain of the end of the loop.)
echo listening
ended=''
while IFS= read -r line; do
  case $line in
    'data: {"event":"request"'*'"state":"answered"'* | \
      'data: {"event":"request"'*'"state":"expired"'*)
      ended="request $(texts id <<< "$line") is $(texts state <<< "$line")"
      break
      ;;
  esac
done < <(api --no-show-error --no-buffer --speed-time 60 --speed-limit 1 "$url/v1/events")
echo "${ended:-the stream ended: $line}"
[ -n "$ended" ]
