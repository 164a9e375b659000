import { hash160 } from '../base/hash.js';

/** Native contracts of Neo N3, the same on every network. */
export const GAS_TOKEN = hash160('0xd2a4cff31913016155e38e474a2c06d08be276cf');
export const CONTRACT_MANAGEMENT = hash160('0xfffdc93764dbaddd97c48f252a53ea4643faa3fd');
export const LEDGER_CONTRACT = hash160('0xda65b600f7124ce6c79950c1772a36403104f2be');
export const POLICY_CONTRACT = hash160('0xcc5e4edd9f5f8dba8bb65734541df7a1c081c67b');
export const STD_LIB = hash160('0xacce6fd80d44e1796aa0c2c625e9e4e0ce39efc0');
