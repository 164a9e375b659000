// What a contract that asks the gateway begins with: copy it beside DodonaGateway.cs, and put your
// own work where it says so. Each line that protects from something says from what.

using System;
using System.ComponentModel;
using System.Numerics;
using Neo.SmartContract.Framework;
using Neo.SmartContract.Framework.Attributes;
using Neo.SmartContract.Framework.Native;
using Neo.SmartContract.Framework.Services;

namespace Dodona
{
    [DisplayName("DodonaSkeletonInCSharp")]
    // What this contract may call. A hash in the place of the first "*" allows one gateway alone.
    [ContractPermission("*", "requestHttp", "takeResult", "withdraw")]
    [ContractPermission("0xd2a4cff31913016155e38e474a2c06d08be276cf", "transfer")]
    [ContractPermission("0xacce6fd80d44e1796aa0c2c625e9e4e0ce39efc0", "serialize", "deserialize")]
    public class DodonaSkeleton : SmartContract
    {
        private const string KeyGateway = "g";
        private const string KeyOwner = "o";
        private const string PrefixPending = "p"; // + id: 1 while it has no answer
        private const string PrefixAnswer = "a"; // + id: [code, result]

        [DisplayName("Answered")]
        public static event Action<BigInteger, BigInteger> Answered;

        // The deploy data is the gateway's hash, which differs from network to network. Whoever
        // deploys owns the contract.
        public static void _deploy(object data, bool update)
        {
            // Without this, an update without data would lose the gateway and the owner.
            if (update) return;
            ByteString gateway = (ByteString)data;
            if (gateway.Length != 20)
                throw new Exception("the gateway's hash is not a Hash160 (20 bytes)");
            Storage.Put(Storage.CurrentContext, KeyGateway, gateway);
            Storage.Put(Storage.CurrentContext, KeyOwner, (ByteString)Runtime.Transaction.Sender);
        }

        // Asks for what spec describes, for at most maxFee datoshi of this contract's credit, and
        // returns the id of the request.
        public static BigInteger Ask(string spec, string filter, BigInteger maxFee)
        {
            // Else strangers would spend this contract's credit.
            RequireOwner();
            BigInteger id =
                DodonaGateway.RequestHttp(Gateway(), spec, filter, "onAnswer", null, maxFee);
            // Else OnAnswer could not tell its own question from others, nor the first answer from
            // a second one.
            Storage.Put(Storage.CurrentContext, PendingKey(id), 1);
            return id;
        }

        // The callback. It has 4 parameters, or the gateway does not find it.
        public static void OnAnswer(BigInteger id, object userData, BigInteger code, ByteString result)
        {
            // Anybody can call this method: without this line anybody can forge answers.
            if (Runtime.CallingScriptHash != Gateway())
                throw new Exception("the caller is not the gateway");
            // An answer that is not waited for, or came already, changes nothing. It must not throw
            // either: what throws is kept, and can be delivered for ever.
            if (!Receive(id)) return;
            Keep(id, code, result);
            switch ((int)code)
            {
                case DodonaResponseCode.Success:
                    // Your own work goes here. It comes last, and does not rely on result being
                    // what was hoped for: whoever runs the source decides what it says.
                    break;
                case DodonaResponseCode.Timeout:
                case DodonaResponseCode.NotFound:
                case DodonaResponseCode.ConsensusUnreachable:
                    // The source could not be asked now. Asking again costs again, so let somebody
                    // decide it: a contract that asks by itself can spend all it has.
                    break;
                case DodonaResponseCode.ResponseTooLarge:
                case DodonaResponseCode.InsufficientFunds:
                    // Ask with a filter that selects less, or for a higher maxFee.
                    break;
                case DodonaResponseCode.Forbidden:
                case DodonaResponseCode.ProtocolNotSupported:
                case DodonaResponseCode.ContentTypeNotSupported:
                    // The question itself must change: its address, its secrets, its source.
                    break;
                default:
                    // DodonaResponseCode.Error, and codes that may come later: no answer, for a reason that
                    // the node's operator sees. The result is empty with all but Success.
                    break;
            }
        }

        // Fetches an answer that could not be delivered, and was kept, as when maxFee did not pay
        // for the callback. The gateway gives it to this contract alone.
        public static void TakeKept(BigInteger id)
        {
            RequireOwner();
            // An id that is not waited for has an answer already, or is not ours.
            if (!Receive(id)) throw new Exception("this id has no answer to come");
            DodonaAnswer taken = DodonaGateway.TakeResult(Gateway(), id);
            Keep(id, taken.Code, taken.Result);
        }

        // [code, result], null while there is no answer.
        [Safe]
        public static object AnswerOf(BigInteger id)
        {
            ByteString kept = Storage.Get(Storage.CurrentReadOnlyContext, AnswerKey(id));
            return kept == null ? null : StdLib.Deserialize(kept);
        }

        // Whether a request waits for its answer. One that expires stays pending here: the gateway
        // refunds it, and tells nobody.
        [Safe]
        public static bool IsPending(BigInteger id) =>
            Storage.Get(Storage.CurrentReadOnlyContext, PendingKey(id)) != null;

        [Safe]
        public static UInt160 Gateway() =>
            (UInt160)Storage.Get(Storage.CurrentReadOnlyContext, KeyGateway);

        // Passes GAS on to the gateway, where it is this contract's credit.
        public static void OnNEP17Payment(UInt160 from, BigInteger amount, object data)
        {
            // Any token calls this, also one that somebody made up.
            if (Runtime.CallingScriptHash != GAS.Hash) throw new Exception("only GAS can be taken");
            // A withdrawal comes back here: passed on, it could never be taken out.
            if (from == Gateway()) return;
            // GAS tells a failure by false, which would go unnoticed otherwise.
            if (!GAS.Transfer(Runtime.ExecutingScriptHash, Gateway(), amount, null))
                throw new Exception("GAS was not passed on");
        }

        // Pays credit at the gateway out to the owner.
        public static void WithdrawCredit(BigInteger amount)
        {
            RequireOwner();
            DodonaGateway.Withdraw(Gateway(), Runtime.ExecutingScriptHash, Owner(), amount);
        }

        private static UInt160 Owner() =>
            (UInt160)Storage.Get(Storage.CurrentReadOnlyContext, KeyOwner);

        private static void RequireOwner()
        {
            if (!Runtime.CheckWitness(Owner()))
                throw new Exception("the witness of the owner is missing");
        }

        // Whether this is the first answer to a request that waits for one; forgets the request.
        private static bool Receive(BigInteger id)
        {
            if (!IsPending(id)) return false;
            Storage.Delete(Storage.CurrentContext, PendingKey(id));
            return true;
        }

        // The result stays out of the event: one of more than 1,024 bytes could not be caught, and
        // would fault the whole transaction.
        private static void Keep(BigInteger id, BigInteger code, ByteString result)
        {
            ByteString kept = StdLib.Serialize(new object[] { code, result });
            Storage.Put(Storage.CurrentContext, AnswerKey(id), kept);
            Answered(id, code);
        }

        private static ByteString PendingKey(BigInteger id) => PrefixPending + (ByteString)id;

        private static ByteString AnswerKey(BigInteger id) => PrefixAnswer + (ByteString)id;
    }
}
