"""
What a contract that asks the gateway begins with: copy it beside dodona.py, and put your own work
where it says so. Each line that protects from something says from what. It raises where other
Python asserts: a failed assert cannot be caught, and would fault the whole transaction.
"""

from typing import Any, cast

from boa3.sc.compiletime import NeoMetadata, public
from boa3.sc.contracts import GasToken, StdLib
from boa3.sc.runtime import calling_script_hash, check_witness, executing_script_hash, script_container
from boa3.sc.storage import delete, get, get_uint160, put, put_uint160
from boa3.sc.types import UInt160
from boa3.sc.utils import CreateNewEvent, to_bytes

from dodona import (CONSENSUS_UNREACHABLE, CONTENT_TYPE_NOT_SUPPORTED, FORBIDDEN, INSUFFICIENT_FUNDS,
                    NOT_FOUND, PROTOCOL_NOT_SUPPORTED, RESPONSE_TOO_LARGE, SUCCESS, TIMEOUT,
                    request_http, take_result, withdraw)

KEY_GATEWAY = b'g'
KEY_OWNER = b'o'
PREFIX_PENDING = b'p'  # + id: 1 while it has no answer
PREFIX_ANSWER = b'a'  # + id: [code, result]

answered = CreateNewEvent([('id', int), ('code', int)], 'Answered')


def manifest() -> NeoMetadata:
    meta = NeoMetadata()
    meta.name = 'DodonaSkeletonInPython'
    # What this contract may call, besides native contracts, which the compiler finds. A hash in the
    # place of '*' allows one gateway alone.
    meta.add_permission(contract='*', methods=['requestHttp', 'takeResult', 'withdraw'])
    return meta


# The deploy data is the gateway's hash, which differs from network to network. Whoever deploys owns
# the contract.
@public
def _deploy(data: Any, update: bool):
    # Without this, an update without data would lose the gateway and the owner.
    if update:
        return
    hash_given = cast(UInt160, data)
    if len(hash_given) != 20:
        raise Exception("the gateway's hash is not a Hash160 (20 bytes)")
    put_uint160(KEY_GATEWAY, hash_given)
    put_uint160(KEY_OWNER, script_container.sender)


# Asks for what spec describes, for at most max_fee datoshi of this contract's credit; returns the id.
@public
def ask(spec: str, filter: str, max_fee: int) -> int:
    # Else strangers would spend this contract's credit.
    require_owner()
    request_id = request_http(gateway(), spec, filter, 'onAnswer', None, max_fee)
    # Else on_answer could not tell its own question from others, nor the first answer from a second.
    put(pending_key(request_id), b'1')
    return request_id


# The callback. It has 4 parameters, or the gateway does not find it.
@public(name='onAnswer')
def on_answer(request_id: int, user_data: Any, code: int, result: bytes):
    # Anybody can call this method: without this line anybody can forge answers.
    if calling_script_hash != gateway():
        raise Exception('the caller is not the gateway')
    # An answer that is not waited for, or came already, changes nothing. It must not throw either:
    # what throws is kept, and can be delivered for ever.
    if not receive(request_id):
        return
    put(answer_key(request_id), StdLib.serialize([code, result]))
    # The result stays out of the event: one of more than 1,024 bytes could not be caught, and would
    # fault the whole transaction.
    answered(request_id, code)
    if code == SUCCESS:
        # Your own work goes here. It comes last, and does not rely on result being what was hoped
        # for: whoever runs the source decides what it says.
        pass
    elif code == TIMEOUT or code == NOT_FOUND or code == CONSENSUS_UNREACHABLE:
        # The source could not be asked now. Asking again costs again, so let somebody decide it: a
        # contract that asks by itself can spend all it has.
        pass
    elif code == RESPONSE_TOO_LARGE or code == INSUFFICIENT_FUNDS:
        # Ask with a filter that selects less, or for a higher max_fee.
        pass
    elif code == FORBIDDEN or code == PROTOCOL_NOT_SUPPORTED or code == CONTENT_TYPE_NOT_SUPPORTED:
        # The question itself must change: its address, its secrets, its source.
        pass
    else:
        # ERROR, and codes that may come later: no answer, for a reason that the node's operator
        # sees. The result is empty with all but SUCCESS.
        pass


# Fetches an answer that could not be delivered, and was kept, as when max_fee did not pay for the
# callback. The gateway gives it to this contract alone.
@public(name='takeKept')
def take_kept(request_id: int):
    require_owner()
    # An id that is not waited for has an answer already, or is not ours.
    if not receive(request_id):
        raise Exception('this id has no answer to come')
    taken = take_result(gateway(), request_id)
    put(answer_key(request_id), StdLib.serialize(taken))
    answered(request_id, cast(int, taken[0]))


# [code, result], None while there is no answer.
@public(name='answerOf', safe=True)
def answer_of(request_id: int) -> Any:
    kept = get(answer_key(request_id))
    if len(kept) == 0:
        return None
    return StdLib.deserialize(kept)


# Whether a request waits for its answer. One that expires stays pending here: the gateway refunds it,
# and tells nobody.
@public(name='isPending', safe=True)
def is_pending(request_id: int) -> bool:
    return len(get(pending_key(request_id))) > 0


@public(safe=True)
def gateway() -> UInt160:
    return get_uint160(KEY_GATEWAY)


# Passes GAS on to the gateway, where it is this contract's credit.
@public(name='onNEP17Payment')
def on_nep17_payment(from_address: UInt160, amount: int, data: Any):
    # Any token calls this, also one that somebody made up.
    if calling_script_hash != GasToken.hash:
        raise Exception('only GAS can be taken')
    # A withdrawal comes back here: passed on, it could never be taken out.
    if from_address == gateway():
        return
    # GAS tells a failure by False, which would go unnoticed otherwise.
    if not GasToken.transfer(executing_script_hash, gateway(), amount):
        raise Exception('GAS was not passed on')


# Pays credit at the gateway out to the owner.
@public(name='withdrawCredit')
def withdraw_credit(amount: int):
    require_owner()
    withdraw(gateway(), executing_script_hash, get_uint160(KEY_OWNER), amount)


def require_owner():
    if not check_witness(get_uint160(KEY_OWNER)):
        raise Exception('the witness of the owner is missing')


# Whether this is the first answer to a request that waits for one; forgets the request.
def receive(request_id: int) -> bool:
    key = pending_key(request_id)
    if len(get(key)) == 0:
        return False
    delete(key)
    return True


def pending_key(request_id: int) -> bytes:
    return PREFIX_PENDING + to_bytes(request_id)


def answer_key(request_id: int) -> bytes:
    return PREFIX_ANSWER + to_bytes(request_id)
