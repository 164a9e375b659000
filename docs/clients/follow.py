"""
A client of a node's API in Python, of its standard library alone: reads the status, lists all
requests, explains the newest answered one, checks its evidence, and follows events until a request
ends.

    DODONA_URL=http://127.0.0.1:7411 DODONA_KEY=... python3 follow.py
"""

import base64
import hashlib
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get('DODONA_URL', 'http://127.0.0.1:7411')
# In the environment, as nobody else on the machine sees it there; never in a URL or an argument.
KEY = os.environ.get('DODONA_KEY', '')

# A client that asks again for ever keeps a node from recovering.
MAX_ATTEMPTS = 5
MAX_PAGES = 1_000
ANSWER_S = 30
# The node sends a line each 15 s, so that a longer silence is a lost connection.
SILENCE_S = 60


class ApiError(Exception):
    """What the node refused with (RFC 9457): programs go by `code`, people by `detail`."""

    def __init__(self, problem):
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.code = problem['code']


def ask(path, query=None, headers=None, timeout=ANSWER_S):
    """Opens a path of the API."""
    target = URL + path + ('?' + urllib.parse.urlencode(query) if query else '')
    given = {'authorization': f'Bearer {KEY}', **(headers or {})}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            request = urllib.request.Request(target, headers=given)
            return urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            # 429 and 503 pass; the node says when to come back.
            if error.code not in (429, 503) or attempt == MAX_ATTEMPTS:
                raise ApiError(json.load(error)) from None
            time.sleep(int(error.headers.get('retry-after', '1')))


def get(path, query=None):
    """The JSON that a path answers."""
    with ask(path, query) as response:
        return json.load(response)


def all_requests():
    """All of a list: a page may be empty and still have a next one."""
    cursor = None
    for _ in range(MAX_PAGES):
        page = get('/v1/requests', {'limit': 2, **({'cursor': cursor} if cursor else {})})
        yield from page['items']
        cursor = page['next']
        if cursor is None:
            return


def check_evidence(evidence):
    """The hash of a bundle binds all of it, and names the bodies, which must have those hashes."""
    text = json.dumps(evidence['bundle'], separators=(',', ':'), ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != evidence['hash']:
        raise ValueError('the bundle has another hash')
    for name, body in evidence['bodies'].items():
        plain = body['text'].encode() if 'text' in body else base64.b64decode(body['base64'])
        if hashlib.sha256(plain).hexdigest() != name:
            raise ValueError(f'the body {name} has another hash')
    return len(evidence['bodies'])


def events():
    """Server-sent events. After a lost connection the node sends what was missed, or says `gap`."""
    last_id = None
    for _ in range(MAX_ATTEMPTS):
        headers = {'last-event-id': last_id} if last_id else {}
        try:
            with ask('/v1/events', headers=headers, timeout=SILENCE_S) as stream:
                print('listening', flush=True)
                for line in stream:
                    name, _, value = line.decode().rstrip('\n').partition(': ')
                    if name == 'id':
                        last_id = value
                    if name == 'data':
                        yield json.loads(value)
        except OSError as error:
            print(f'connection lost: {error}')


def main():
    status = get('/v1/status')
    state = 'ready' if status['isReady'] else 'not ready: ' + ', '.join(status['reasons'])
    print(f"dodona {status['version']} at block {status['network']['processed']}, {state}")

    newest = None
    for request in all_requests():
        code = f", {request['codeName']}" if request['codeName'] is not None else ''
        print(f"request {request['id']}: {request['kind']}, {request['state']}{code}")
        if newest is None and request['state'] == 'answered':
            newest = request['id']
    if newest is not None:
        for step in get(f'/v1/requests/{newest}')['steps']:
            print(f"  {step['at']} {step['what']}")
        count = check_evidence(get(f'/v1/requests/{newest}/evidence'))
        print(f'evidence of request {newest}: {count} bodies, as hashed')
    for event in events():
        if event['event'] != 'request':
            continue
        print(f"request {event['id']} is {event['state']}", flush=True)
        if event['state'] in ('answered', 'expired'):
            break


main()
