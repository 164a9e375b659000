// Generated from docs/openapi.json by `npx tsx scripts/open-api.ts`. DO NOT EDIT.

export type GetStatusAnswer = {
  version: string;
  /** when the node was started, UTC */
  startedAt: string | null;
  network: {
    magic: number;
    /** script hash of the gateway, as Neo displays it */
    gateway: string;
    /** index of the network's latest block */
    height: number | null;
    /** index of the last block that was taken in */
    processed: number | null;
    /** blocks still to be taken in */
    lagBlocks: number | null;
    /** when the last new block was seen, UTC */
    latestBlockAt: string | null;
  };
  isReady: boolean;
  /** what is missing; empty when ready */
  reasons: string[];
  /** requests by state */
  queue: {
    /** received requests */
    received: number;
    /** resolved requests */
    resolved: number;
    /** sent requests */
    sent: number;
    /** stuck requests */
    stuck: number;
    /** overdue requests */
    overdue: number;
    /** expiring requests */
    expiring: number;
    /** answered requests */
    answered: number;
    /** expired requests */
    expired: number;
  };
  /** block time of the oldest request that has not ended, UTC */
  oldestOpenAt: string | null;
  wallet: {
    /** script hash of the node's account, as Neo displays it */
    account: string;
    /** Neo N3 address */
    address: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    balanceDatoshi: string | null;
    /** no transaction takes the balance below it */
    floorDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    warningDatoshi: string;
  } | null;
  /** in another process; null where the node has its key itself */
  signer: {
    /** whether it answers; all waits while it does not */
    isUp: boolean;
    /** since when it is so, UTC */
    since: string;
    problem: string | null;
    /** within its last hour */
    spentDatoshi: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    maxPerHourDatoshi: string | null;
    /** the last transaction that it would not sign */
    lastRefusal: {
      /** when it was, UTC */
      at: string;
      reason: string;
      message: string;
    } | null;
  } | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  creditHeldDatoshi: string | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  earnedDatoshi: string | null;
  endpoints: {
    /** scheme, host and port */
    endpoint: string;
    isHealthy: boolean;
    /** index of the block */
    height: number | null;
    /** why it is not used */
    why: string | null;
  }[];
  books: {
    /** last block at which books and chain agreed */
    agreedBlock: number | null;
    /** when they were held against it, UTC */
    agreedAt: string | null;
    /** accounts that agreed */
    accounts: number | null;
    /** why nothing is spent; null while it may */
    stopped: string | null;
    differences: {
      /** of the ledger, e.g. credit:0x… */
      account: string;
      /** datoshi, as a decimal text: 1 GAS is 100000000 */
      ledgerDatoshi: string;
      /** datoshi, as a decimal text: 1 GAS is 100000000 */
      chainDatoshi: string;
      /** index of the block */
      agreedBlock: number | null;
      /** index of the block */
      firstBlock: number;
    }[];
  };
  spending: {
    held: {
      /** budget, floor, loss, signer or stopped */
      cause: string;
      reason: string;
      /** when it is tried again, UTC */
      until: string;
    }[];
    budgets: {
      /** key of the configuration */
      key: string;
      /** 1: all of it */
      used: number;
    }[];
    inboxOnly: {
      /** script hash of an account or contract, as Neo displays it */
      requester: string;
      /** when it was, UTC */
      until: string;
      reason: string;
    }[];
  } | null;
  random: {
    /** id of the key that new requests use; 0: none yet, decimal */
    keyId: string;
    publicKeyId: string | null;
    /** whether this node holds its secret */
    isHeld: boolean;
    /** keys in the file of the node */
    keysHeld: number;
    problem: string | null;
  } | null;
  prices: {
    pair: string;
    /** false: it is asked to convert others alone */
    isPublished: boolean;
    /** id of its latest round on the chain, decimal */
    round: string | null;
    /** of that round, 8 decimals */
    price: string | null;
    /** milliseconds since the time of its sources */
    ageMs: number | null;
    /** milliseconds after which it is published in any case */
    heartbeatMs: number;
    /** whether its sources agreed; null before they were asked */
    hasQuorum: boolean | null;
    /** whether the breaker holds a jump */
    isHeld: boolean;
    /** what the last poll led to */
    why: string | null;
  }[] | null;
  attestation: {
    /** where quotes come from; none: from nowhere */
    provider: string;
    /** when the last attestation was made, UTC */
    madeAt: string | null;
    /** the block in it */
    block: number | null;
  };
  recentTrouble: {
    /** when it was, UTC */
    at: string;
    level: "error" | "warn";
    message: string;
    /** id of the request that it is about, decimal */
    requestId: string | null;
  }[];
};

export type ListAlertsAnswer = {
  /** critical ones first; empty: nothing */
  items: {
    /** stable, e.g. SPENDING_STOPPED */
    code: string;
    severity: "critical" | "warning";
    summary: string;
    detail: string;
    /** since when, where the node knows */
    since: string | null;
  }[];
};

export type GetKeysAnswer = {
  /** all keys in the node's files */
  held: {
    node: {
      /** false: dodona keys list tells why */
      isReadable: boolean;
      /** in the order of the file */
      keys: {
        /** script hash of an account of the wallet, as Neo displays it */
        account: string;
        /** Neo N3 address */
        address: string;
        publicKeys: string[];
        /** signatures that it asks for; null: the wallet does not tell */
        threshold: number | null;
        /** false: it is only watched */
        canSign: boolean;
        /** current: in use; overlap: was before, and may still answer; proposed: becomes current once it accepts; next: made to be proposed; kept: not in use; null: the chain cannot be asked */
        standing: "current" | "overlap" | "proposed" | "next" | "kept" | null;
      }[];
    };
    random: {
      /** false: dodona keys list tells why */
      isReadable: boolean;
      /** in the order of the file */
      keys: {
        /** 16 hex digits */
        id: string;
        /** compressed point of G2, 96 bytes, hex */
        publicKey: string;
        /** current: in use; overlap: was before, and may still answer; proposed: becomes current once it accepts; next: made to be proposed; kept: not in use; null: the chain cannot be asked */
        standing: "current" | "overlap" | "proposed" | "next" | "kept" | null;
      }[];
    };
    vault: {
      /** false: dodona keys list tells why */
      isReadable: boolean;
      /** in the order of the file */
      keys: {
        /** 16 hex digits */
        id: string;
        /** X25519, 32 bytes, hex */
        publicKey: string;
        /** current: in use; overlap: was before, and may still answer; proposed: becomes current once it accepts; next: made to be proposed; kept: not in use; null: the chain cannot be asked */
        standing: "current" | "overlap" | "proposed" | "next" | "kept" | null;
      }[];
    };
  };
  /** what this node signs with */
  node: {
    /** script hash of the node's account, as Neo displays it */
    account: string;
    /** Neo N3 address */
    address: string;
    /** compressed point of secp256r1, 33 bytes, hex */
    publicKey: string;
  };
  gateway: {
    /** script hash of whose answers the gateway takes; null: revoked, as Neo displays it */
    nodeAccount: string | null;
    isThisNode: boolean;
    overlap: {
      /** script hash of the account before it, as Neo displays it */
      account: string;
      /** last block in which that one may answer */
      untilBlock: number;
    } | null;
    isPaused: boolean;
  };
  random: {
    /** id of the key that new requests use; 0: none, decimal */
    keyId: string;
    /** compressed point of G2, 96 bytes, hex */
    publicKey: string | null;
    isHeld: boolean;
    /** keys in the file of the node */
    keysHeld: number;
  };
  /** what owners encrypt secrets to; null: there is none yet */
  vault: {
    id: string;
    /** X25519, 32 bytes, hex */
    publicKey: string;
    /** HPKE (RFC 9180), base mode */
    suite: string;
  } | null;
};

export type GetSessionAnswer = {
  kind: "local" | "key" | "owner";
  keyId: string | null;
  /** script hash of who is signed in, as Neo displays it */
  account: string | null;
  scopes: ("read" | "evidence:read" | "audit:read" | "secrets:read" | "secrets:write" | "admin")[];
};

/** the data of one event, as JSON in one line */
export type StreamEventsEvent = {
  event: "block";
  /** when the node saw it, UTC */
  at: string;
  /** index of the block that was taken in */
  height: number;
  /** index of the network's latest block */
  networkHeight: number;
} | {
  event: "request";
  /** when the node saw it, UTC */
  at: string;
  /** id of the request, decimal */
  id: string;
  kind: "oracle" | "http" | "function" | "random";
  /** where it stands now */
  state: "received" | "resolved" | "sent" | "stuck" | "overdue" | "expiring" | "answered" | "expired";
} | {
  event: "poll";
  /** when the node saw it, UTC */
  at: string;
  pair: string;
  /** null: the sources agreed on nothing */
  price: string | null;
  decision: "publish" | "wait" | "none";
  /** sources that counted */
  accepted: number;
  /** sources that did not */
  rejected: number;
} | {
  event: "round";
  /** when the node saw it, UTC */
  at: string;
  pair: string;
  /** id of the round, decimal */
  round: string;
  /** a price as a decimal text */
  price: string;
  /** index of the block */
  block: number;
} | {
  event: "run";
  /** when the node saw it, UTC */
  at: string;
  /** id of the upkeep, decimal */
  id: string;
  isDelivered: boolean;
  /** index of the block */
  block: number;
} | {
  event: "gap";
  /** when the node saw it, UTC */
  at: string;
  /** at least so many events are gone: read anew what you show */
  missed: number;
};

export type ListApiKeysAnswer = {
  items: {
    /** id of the key; it stands in the token */
    id: string;
    name: string;
    scopes: ("read" | "evidence:read" | "audit:read" | "secrets:read" | "secrets:write" | "admin")[];
    state: "living" | "revoked" | "expired";
    /** when it was, UTC */
    createdAt: string;
    /** null: never */
    expiresAt: string | null;
    /** when it was, UTC */
    revokedAt: string | null;
    /** id of the key; it stands in the token */
    replacedBy: string | null;
    /** to the minute, UTC */
    lastUsedAt: string | null;
  }[];
};

export type CreateApiKeyAnswer = {
  key: {
    /** id of the key; it stands in the token */
    id: string;
    name: string;
    scopes: ("read" | "evidence:read" | "audit:read" | "secrets:read" | "secrets:write" | "admin")[];
    state: "living" | "revoked" | "expired";
    /** when it was, UTC */
    createdAt: string;
    /** null: never */
    expiresAt: string | null;
    /** when it was, UTC */
    revokedAt: string | null;
    /** id of the key; it stands in the token */
    replacedBy: string | null;
    /** to the minute, UTC */
    lastUsedAt: string | null;
  };
  /** shown this once, and stored nowhere */
  token: string;
};

export type RotateApiKeyAnswer = {
  key: {
    /** id of the key; it stands in the token */
    id: string;
    name: string;
    scopes: ("read" | "evidence:read" | "audit:read" | "secrets:read" | "secrets:write" | "admin")[];
    state: "living" | "revoked" | "expired";
    /** when it was, UTC */
    createdAt: string;
    /** null: never */
    expiresAt: string | null;
    /** when it was, UTC */
    revokedAt: string | null;
    /** id of the key; it stands in the token */
    replacedBy: string | null;
    /** to the minute, UTC */
    lastUsedAt: string | null;
  };
  /** shown this once, and stored nowhere */
  token: string;
};

export type CreateChallengeAnswer = {
  /** goes back with the signature */
  ticket: string;
  /** for `signMessage` of the wallet, as it is */
  message: string;
  /** until when it can be signed in with, UTC */
  expiresAt: string;
};

export type SignInAnswer = {
  token: string;
  /** script hash of who is signed in, as Neo displays it */
  account: string;
  /** when it was, UTC */
  expiresAt: string;
};

export type ListRequestsAnswer = {
  items: {
    /** id of the request, decimal */
    id: string;
    kind: "oracle" | "http" | "function" | "random";
    state: "received" | "resolved" | "sent" | "stuck" | "overdue" | "expiring" | "answered" | "expired";
    /** script hash of the contract or account that asked, as Neo displays it */
    requester: string;
    /** script hash of the account whose credit pays, as Neo displays it */
    payer: string;
    /** url, spec, or what the event asked for */
    subject: string;
    /** JSONPath; of a function its arguments */
    filter: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    maxFeeDatoshi: string;
    /** block of its event */
    createdBlock: number;
    /** hash of a transaction, as Neo displays it */
    createdTx: string;
    /** its block's time, UTC */
    createdAt: string;
    /** last block in which it can be answered */
    deadlineBlock: number;
    /** how often an answer was looked for */
    attempts: number;
    /** response code, once an answer is known */
    code: number | null;
    codeName: string | null;
    /** size of the result */
    resultBytes: number | null;
    /** false: it is kept at the gateway */
    isDelivered: boolean | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    lostDatoshi: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    premiumDatoshi: string | null;
    /** index of the block */
    endedBlock: number | null;
    /** hash of a transaction, as Neo displays it */
    endedTx: string | null;
    /** why it is where it is */
    reason: string;
    /** what happens next, and when */
    next: string;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetRequestAnswer = {
  /** id of the request, decimal */
  id: string;
  kind: "oracle" | "http" | "function" | "random";
  state: "received" | "resolved" | "sent" | "stuck" | "overdue" | "expiring" | "answered" | "expired";
  /** script hash of the contract or account that asked, as Neo displays it */
  requester: string;
  /** script hash of the account whose credit pays, as Neo displays it */
  payer: string;
  /** url, spec, or what the event asked for */
  subject: string;
  /** JSONPath; of a function its arguments */
  filter: string;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  maxFeeDatoshi: string;
  /** block of its event */
  createdBlock: number;
  /** hash of a transaction, as Neo displays it */
  createdTx: string;
  /** its block's time, UTC */
  createdAt: string;
  /** last block in which it can be answered */
  deadlineBlock: number;
  /** how often an answer was looked for */
  attempts: number;
  /** response code, once an answer is known */
  code: number | null;
  codeName: string | null;
  /** size of the result */
  resultBytes: number | null;
  /** false: it is kept at the gateway */
  isDelivered: boolean | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  feeDatoshi: string | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  lostDatoshi: string | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  premiumDatoshi: string | null;
  /** index of the block */
  endedBlock: number | null;
  /** hash of a transaction, as Neo displays it */
  endedTx: string | null;
  /** why it is where it is */
  reason: string;
  /** what happens next, and when */
  next: string;
  /** its life, oldest first */
  steps: {
    /** when it was, UTC */
    at: string;
    /** index of the block */
    block: number | null;
    /** hash of a transaction, as Neo displays it */
    tx: string | null;
    what: string;
    why: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string | null;
  }[];
  /** what its function logged, without secrets */
  logs: string[];
};

export type GetEvidenceAnswer = {
  dodonaEvidence: 1;
  /** SHA-256 of the canonical text of the bundle, hex */
  hash: string;
  answeredIn: {
    /** hash of a transaction, as Neo displays it */
    tx: string;
    /** index of the block */
    block: number | null;
  } | null;
  /** what was asked, fetched, and found */
  bundle: { [name: string]: unknown };
  /** what sources sent, by SHA-256 */
  bodies: { [name: string]: {
    text: string;
  } | {
    /** bytes that are no text */
    base64: string;
  } };
};

export type ListFunctionsAnswer = {
  items: {
    /** id of the function, decimal */
    id: string;
    name: string;
    /** script hash of who registered it, as Neo displays it */
    owner: string;
    /** SHA-256 of its code, 64 hex digits */
    codeHash: string;
    /** where its code is: at the gateway, at its uris, in the node's folder */
    places: ("chain" | "uri" | "store")[];
    uris: string[];
    /** size of the source at the gateway; 0: it is not there */
    sourceBytes: number;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetFunctionAnswer = {
  /** id of the function, decimal */
  id: string;
  name: string;
  /** script hash of who registered it, as Neo displays it */
  owner: string;
  /** SHA-256 of its code, 64 hex digits */
  codeHash: string;
  /** where its code is: at the gateway, at its uris, in the node's folder */
  places: ("chain" | "uri" | "store")[];
  uris: string[];
  /** size of the source at the gateway; 0: it is not there */
  sourceBytes: number;
};

export type ListSecretsAnswer = {
  items: {
    /** script hash of its owner, as Neo displays it */
    owner: string;
    name: string;
    version: number;
    mayBeResult: boolean;
    /** when it was, UTC */
    createdAt: string;
    /** when it was, UTC */
    changedAt: string;
    grants: {
      /** script hash of who may use it, as Neo displays it */
      requester: string;
      /** web, or the SHA-256 of the code of a function */
      use: string;
      /** origins that it may be sent to */
      hosts: string[];
      /** when it was, UTC */
      createdAt: string;
    }[];
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type SetSecretAnswer = {
  /** it grows with each value */
  version: number;
};

export type GetBalanceAnswer = {
  /** last block that is on the books */
  block: number | null;
  /** transactions that are signed and in no block yet */
  inFlightTransactions: number;
  accounts: {
    /** account of the ledger: wallet:0x…, credit:0x…, reserved:0x…, earned:0x…, burnt, … */
    account: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    postedDatoshi: string;
    /** set aside for transactions under way */
    inFlightDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    availableDatoshi: string;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetHistoryAnswer = {
  items: {
    /** id of the row of the ledger, decimal */
    row: string;
    phase: "single" | "pending" | "post" | "void";
    /** when it was, UTC */
    at: string;
    /** index of the block */
    block: number | null;
    /** hash of a transaction, as Neo displays it */
    tx: string | null;
    /** id of the request or upkeep, decimal */
    requestId: string | null;
    cause: string;
    /** account of the ledger: wallet:0x…, credit:0x…, reserved:0x…, earned:0x…, burnt, … */
    debit: string;
    /** account of the ledger: wallet:0x…, credit:0x…, reserved:0x…, earned:0x…, burnt, … */
    credit: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    amountDatoshi: string;
    /** script hash of who is behind the account outside, as Neo displays it */
    counterparty: string | null;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetForecastAnswer = {
  /** what it goes by: from here, UTC */
  since: string;
  /** to here, UTC */
  until: string;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  walletDatoshi: string;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  floorDatoshi: string;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  earnedDatoshi: string;
  /** null while the books tell of less than an hour */
  forecast: {
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    spentPerDayDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    resultPerDayDatoshi: string;
    /** until the wallet is at its floor, if nothing is collected */
    hoursLeft: number | null;
    /** the same if earnings are collected; null: for ever */
    hoursLeftCollecting: number | null;
  } | null;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  spentDatoshi: string;
  /** charged less spent */
  resultDatoshi: string;
  kinds: {
    kind: string;
    /** answers, runs and rounds that were charged for */
    answers: number;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    lostDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    premiumDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    spentDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    resultDatoshi: string;
  }[];
  ownCosts: {
    cause: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    amountDatoshi: string;
  }[];
};

export type GetDaysAnswer = {
  /** oldest first, every day, the present one last */
  items: {
    /** day in UTC */
    day: string;
    /** fees of the node in blocks */
    burntDatoshi: string;
    /** charged: fees, lost fees, premiums */
    incomeDatoshi: string;
  }[];
};

export type ListPricesAnswer = {
  items: {
    pair: string;
    /** false: it only converts other feeds */
    isPublished: boolean;
    /** groups of sources that must agree */
    quorum: number;
    /** how far apart they may be */
    agreementBps: number;
    /** a move that is published */
    deviationBps: number;
    /** a move that has to be confirmed */
    breakerBps: number;
    heartbeatSeconds: number;
    pollIntervalSeconds: number;
    stalenessSeconds: number;
    latestPoll: {
      /** id of the poll, decimal */
      id: string;
      /** when it was, UTC */
      at: string;
      /** what the sources agreed on; null: nothing */
      price: string | null;
      /** time of that price, UTC */
      priceAt: string | null;
      /** spread of the sources, in basis points */
      confidenceBps: number | null;
      decision: "publish" | "wait" | "none";
      why: string;
      sources: {
        source: string;
        /** sources of one venue are one opinion */
        group: string;
        isAccepted: boolean;
        verdict: "kept" | "failed" | "stale" | "future" | "unconverted" | "outlier";
        /** in the pair's currency */
        price: string | null;
        /** the source's own time of it, UTC */
        at: string | null;
        /** why it did not count */
        why: string | null;
      }[];
    } | null;
    latestRound: {
      /** id of the round, decimal */
      round: string;
      /** a price as a decimal text */
      price: string;
      /** time of the price, UTC */
      priceAt: string;
      /** in basis points */
      confidenceBps: number;
      /** script hash of who was charged; null: the node paid, as Neo displays it */
      payer: string | null;
      /** datoshi, as a decimal text: 1 GAS is 100000000 */
      feeDatoshi: string;
      /** index of the block */
      block: number;
      /** hash of a transaction, as Neo displays it */
      tx: string;
      chargeDifference: string | null;
    } | null;
  }[];
};

export type GetPriceAnswer = {
  pair: string;
  /** false: it only converts other feeds */
  isPublished: boolean;
  /** groups of sources that must agree */
  quorum: number;
  /** how far apart they may be */
  agreementBps: number;
  /** a move that is published */
  deviationBps: number;
  /** a move that has to be confirmed */
  breakerBps: number;
  heartbeatSeconds: number;
  pollIntervalSeconds: number;
  stalenessSeconds: number;
  latestPoll: {
    /** id of the poll, decimal */
    id: string;
    /** when it was, UTC */
    at: string;
    /** what the sources agreed on; null: nothing */
    price: string | null;
    /** time of that price, UTC */
    priceAt: string | null;
    /** spread of the sources, in basis points */
    confidenceBps: number | null;
    decision: "publish" | "wait" | "none";
    why: string;
    sources: {
      source: string;
      /** sources of one venue are one opinion */
      group: string;
      isAccepted: boolean;
      verdict: "kept" | "failed" | "stale" | "future" | "unconverted" | "outlier";
      /** in the pair's currency */
      price: string | null;
      /** the source's own time of it, UTC */
      at: string | null;
      /** why it did not count */
      why: string | null;
    }[];
  } | null;
  latestRound: {
    /** id of the round, decimal */
    round: string;
    /** a price as a decimal text */
    price: string;
    /** time of the price, UTC */
    priceAt: string;
    /** in basis points */
    confidenceBps: number;
    /** script hash of who was charged; null: the node paid, as Neo displays it */
    payer: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string;
    /** index of the block */
    block: number;
    /** hash of a transaction, as Neo displays it */
    tx: string;
    chargeDifference: string | null;
  } | null;
};

export type ListPollsAnswer = {
  items: {
    /** id of the poll, decimal */
    id: string;
    /** when it was, UTC */
    at: string;
    /** what the sources agreed on; null: nothing */
    price: string | null;
    /** time of that price, UTC */
    priceAt: string | null;
    /** spread of the sources, in basis points */
    confidenceBps: number | null;
    decision: "publish" | "wait" | "none";
    why: string;
    sources: {
      source: string;
      /** sources of one venue are one opinion */
      group: string;
      isAccepted: boolean;
      verdict: "kept" | "failed" | "stale" | "future" | "unconverted" | "outlier";
      /** in the pair's currency */
      price: string | null;
      /** the source's own time of it, UTC */
      at: string | null;
      /** why it did not count */
      why: string | null;
    }[];
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type ListRoundsAnswer = {
  items: {
    /** id of the round, decimal */
    round: string;
    /** a price as a decimal text */
    price: string;
    /** time of the price, UTC */
    priceAt: string;
    /** in basis points */
    confidenceBps: number;
    /** script hash of who was charged; null: the node paid, as Neo displays it */
    payer: string | null;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string;
    /** index of the block */
    block: number;
    /** hash of a transaction, as Neo displays it */
    tx: string;
    chargeDifference: string | null;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type ListUpkeepsAnswer = {
  items: {
    /** id of the upkeep, decimal */
    id: string;
    /** script hash of its owner, as Neo displays it */
    owner: string;
    /** script hash of the contract that is called, as Neo displays it */
    target: string;
    method: string;
    /** as it was registered */
    trigger: string;
    /** null: not readable */
    triggerKind: "cron" | "every" | "when" | "on" | null;
    state: "waiting" | "sent" | "unfunded" | "paused" | "unreadable" | "cancelled";
    reason: string;
    /** what happens next, in one sentence */
    next: string;
    nextDue: {
      /** when it was, UTC */
      at: string | null;
      /** index of the block */
      block: number | null;
      text: string;
    } | null;
    lastDue: {
      /** when it was, UTC */
      at: string | null;
      /** index of the block */
      block: number | null;
      text: string;
    } | null;
    isFunded: boolean;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    maxFeeDatoshi: string;
    /** failures in a row */
    failures: number;
    /** index of the block */
    registeredBlock: number;
    /** when it was, UTC */
    registeredAt: string;
    /** hash of a transaction, as Neo displays it */
    registeredTx: string;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetUpkeepAnswer = {
  /** id of the upkeep, decimal */
  id: string;
  /** script hash of its owner, as Neo displays it */
  owner: string;
  /** script hash of the contract that is called, as Neo displays it */
  target: string;
  method: string;
  /** as it was registered */
  trigger: string;
  /** null: not readable */
  triggerKind: "cron" | "every" | "when" | "on" | null;
  state: "waiting" | "sent" | "unfunded" | "paused" | "unreadable" | "cancelled";
  reason: string;
  /** what happens next, in one sentence */
  next: string;
  nextDue: {
    /** when it was, UTC */
    at: string | null;
    /** index of the block */
    block: number | null;
    text: string;
  } | null;
  lastDue: {
    /** when it was, UTC */
    at: string | null;
    /** index of the block */
    block: number | null;
    text: string;
  } | null;
  isFunded: boolean;
  /** datoshi, as a decimal text: 1 GAS is 100000000 */
  maxFeeDatoshi: string;
  /** failures in a row */
  failures: number;
  /** index of the block */
  registeredBlock: number;
  /** when it was, UTC */
  registeredAt: string;
  /** hash of a transaction, as Neo displays it */
  registeredTx: string;
  costs: {
    /** runs so far */
    runs: number;
    /** those whose call succeeded */
    delivered: number;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    chargedDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    mostChargedDatoshi: string;
  };
  /** newest first */
  lastRuns: {
    due: {
      /** when it was, UTC */
      at: string | null;
      /** index of the block */
      block: number | null;
      text: string;
    };
    /** block of the run */
    block: number;
    /** that block's time, UTC */
    at: string;
    /** hash of a transaction, as Neo displays it */
    tx: string;
    isDelivered: boolean;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    feeDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    lostDatoshi: string;
    /** datoshi, as a decimal text: 1 GAS is 100000000 */
    premiumDatoshi: string;
  }[];
};

export type ListAuditAnswer = {
  items: {
    /** its place in the chain of entries, from 1 */
    seq: number;
    /** when it was, UTC */
    at: string;
    actor: string;
    action: string;
    object: string;
    outcome: "done" | "refused" | "failed";
    /** id of the request that it was for, decimal */
    requestId: string | null;
    note: string;
    /** SHA-256 over this entry and the hash before it, hex */
    hash: string;
  }[];
  /** asks for the next page; null: this is the last */
  next: string | null;
};

export type GetOpenApiAnswer = { [name: string]: unknown };

/** RFC 9457 */
export type Problem = {
  /** urn:dodona:problem:… with the code in small letters */
  type: string;
  title: string;
  status: number;
  /** stable: programs go by it */
  code: "BAD_QUERY" | "BAD_PARAMETER" | "BAD_BODY" | "NO_BODY" | "BAD_REQUEST" | "TOKEN_IN_URL" | "NOT_SIGNED_IN" | "BAD_CREDENTIALS" | "SIGN_IN_REFUSED" | "READ_ONLY" | "NOT_ALLOWED" | "FOREIGN_HOST" | "NOT_FOUND" | "NO_SUCH_REQUEST" | "NO_EVIDENCE" | "NO_SUCH_FUNCTION" | "NO_SUCH_PAIR" | "NO_SUCH_UPKEEP" | "NO_SUCH_SECRET" | "NO_SUCH_API_KEY" | "METHOD_NOT_ALLOWED" | "TIMEOUT" | "BODY_TOO_LARGE" | "UNKNOWN_MEDIA_TYPE" | "TOO_LONG" | "SECRET_REFUSED" | "SECRET_SEALED" | "API_KEY_REFUSED" | "TOO_MANY_REQUESTS" | "TOO_MANY_FAILURES" | "HEADERS_TOO_LARGE" | "EVIDENCE_DAMAGED" | "INTERNAL" | "BUSY" | "TOO_MANY_STREAMS";
  /** what was wrong, expected, and to be done */
  detail: string;
  /** the places of query, path or body that cannot be read */
  errors?: {
    at: string;
    detail: string;
  }[];
};

/** Every operation: what it takes in path, query and body, and what it answers. */
export interface Api {
  /** What an operator wants to know first */
  "GET /v1/status": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: GetStatusAnswer;
  };
  /** What somebody should look at now, the worst first */
  "GET /v1/alerts": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: ListAlertsAnswer;
  };
  /** Public parts of the keys of node, gateway and vault */
  "GET /v1/keys": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: GetKeysAnswer;
  };
  /** Who the server takes you for, and what you may do */
  "GET /v1/session": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: GetSessionAnswer;
  };
  /** What happens, as it happens: server-sent events */
  "GET /v1/events": {
    path: Record<never, never>;
    query: {
      /** id of an event */
      lastEventId?: string;
    };
    body: undefined;
    answer: StreamEventsEvent;
  };
  /** Keys of the API, oldest first; never their secrets */
  "GET /v1/api-keys": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: ListApiKeysAnswer;
  };
  /** Makes a key; its token is answered this once */
  "POST /v1/api-keys": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** what it is for */
      name: string;
      scopes: ("read" | "evidence:read" | "audit:read" | "secrets:read" | "secrets:write" | "admin")[];
      /** when it ends; absent: never */
      expiresAt?: string;
    };
    answer: CreateApiKeyAnswer;
  };
  /** Makes a key in the place of one, which works on for a while */
  "POST /v1/api-keys/{id}/rotate": {
    path: {
      /** the id of a key, 12 hex digits */
      id: string;
    };
    query: Record<never, never>;
    body: {
      /** how long the old key works on */
      overlapSeconds?: number;
    };
    answer: RotateApiKeyAnswer;
  };
  /** Revokes a key: from now on it opens nothing */
  "DELETE /v1/api-keys/{id}": {
    path: {
      /** the id of a key, 12 hex digits */
      id: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: undefined;
  };
  /** What the wallet of an owner is to sign */
  "POST /v1/sign-in/challenge": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** the account that signs in: 0x and 40 hex digits, or an address */
      account: string;
    };
    answer: CreateChallengeAnswer;
  };
  /** Signs an owner in by the signature of his wallet */
  "POST /v1/sign-in": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      /** the ticket of a challenge */
      ticket: string;
      /** the compressed public key: 66 hex digits */
      publicKey: string;
      /** the signature (`data`): 128 hex digits */
      signature: string;
      /** the salt: up to 64 hex digits */
      salt: string;
    };
    answer: SignInAnswer;
  };
  /** Ends the session whose token is sent */
  "DELETE /v1/sign-in": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: undefined;
  };
  /** Requests, newest first */
  "GET /v1/requests": {
    path: Record<never, never>;
    query: {
      state?: "received" | "resolved" | "sent" | "stuck" | "overdue" | "expiring" | "answered" | "expired";
      kind?: "oracle" | "http" | "function" | "random";
      /** the contract or account that asked: 0x and 40 hex digits, or an address */
      requester?: string;
      /** items on the page */
      limit?: number;
      /** id of requests: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListRequestsAnswer;
  };
  /** The whole life of one request */
  "GET /v1/requests/{id}": {
    path: {
      /** id of a request */
      id: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: GetRequestAnswer;
  };
  /** What an answer came from, as `dodona verify --bundle` reads it */
  "GET /v1/requests/{id}/evidence": {
    path: {
      /** id of a request */
      id: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: GetEvidenceAnswer;
  };
  /** The gateway's functions, by their ids, with where their code is */
  "GET /v1/functions": {
    path: Record<never, never>;
    query: {
      /** who registered it: 0x and 40 hex digits, or an address */
      owner?: string;
      /** items on the page */
      limit?: number;
      /** id of functions: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListFunctionsAnswer;
  };
  /** One function */
  "GET /v1/functions/{id}": {
    path: {
      /** id of a function */
      id: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: GetFunctionAnswer;
  };
  /** Names and grants of secrets; no answer ever has a value */
  "GET /v1/secrets": {
    path: Record<never, never>;
    query: {
      /** their owner: 0x and 40 hex digits, or an address */
      owner?: string;
      /** items on the page */
      limit?: number;
      /** OWNER:NAME, the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListSecretsAnswer;
  };
  /** Stores a secret, or gives it a new value; its grants stay */
  "PUT /v1/secrets/{owner}/{name}": {
    path: {
      /** the owner: 0x and 40 hex digits, or an address */
      owner: string;
      /** the name of a secret */
      name: string;
    };
    query: Record<never, never>;
    body: {
      sealed: {
        dodonaSecret: 1;
        key: string;
        owner: string;
        name: string;
        enc: string;
        ciphertext: string;
      };
      /** results may hold the value */
      mayBeResult?: boolean;
    };
    answer: SetSecretAnswer;
  };
  /** Deletes a secret with its grants */
  "DELETE /v1/secrets/{owner}/{name}": {
    path: {
      /** the owner: 0x and 40 hex digits, or an address */
      owner: string;
      /** the name of a secret */
      name: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: undefined;
  };
  /** Lets a requester use a secret; replaces what was granted for the same use */
  "PUT /v1/secrets/{owner}/{name}/grants/{requester}/{use}": {
    path: {
      /** the owner: 0x and 40 hex digits, or an address */
      owner: string;
      /** the name of a secret */
      name: string;
      /** who may use it: 0x and 40 hex digits, or an address */
      requester: string;
      /** web, or the SHA-256 of the code of a function */
      use: string;
    };
    query: Record<never, never>;
    body: {
      /** where it may be sent, such as api.example.org */
      hosts: string[];
    };
    answer: undefined;
  };
  /** Takes a grant back, from now on */
  "DELETE /v1/secrets/{owner}/{name}/grants/{requester}/{use}": {
    path: {
      /** the owner: 0x and 40 hex digits, or an address */
      owner: string;
      /** the name of a secret */
      name: string;
      /** who may use it: 0x and 40 hex digits, or an address */
      requester: string;
      /** web, or the SHA-256 of the code of a function */
      use: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: undefined;
  };
  /** Accounts of the books: posted, in flight, available */
  "GET /v1/gasbank/balance": {
    path: Record<never, never>;
    query: {
      /** items on the page */
      limit?: number;
      /** an account of the ledger, such as burnt or credit:0x… */
      cursor?: string;
    };
    body: undefined;
    answer: GetBalanceAnswer;
  };
  /** Movements of the books, newest first */
  "GET /v1/gasbank/history": {
    path: Record<never, never>;
    query: {
      /** an account of the ledger, such as burnt or credit:0x… */
      account?: string;
      /** items on the page */
      limit?: number;
      /** id of movements: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: GetHistoryAnswer;
  };
  /** How long the money lasts, and profit and loss by kind and cause */
  "GET /v1/gasbank/forecast": {
    path: Record<never, never>;
    query: {
      /** days to go by */
      days?: number;
    };
    body: undefined;
    answer: GetForecastAnswer;
  };
  /** Burn and income by day, for a chart */
  "GET /v1/gasbank/days": {
    path: Record<never, never>;
    query: {
      /** days to show */
      days?: number;
    };
    body: undefined;
    answer: GetDaysAnswer;
  };
  /** All feeds, each with its newest poll and its newest round on the chain */
  "GET /v1/prices": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: ListPricesAnswer;
  };
  /** One feed: sources accepted and rejected, and why; the newest round */
  "GET /v1/prices/{base}/{quote}": {
    path: {
      /** a currency in capitals, such as GAS */
      base: string;
      /** a currency in capitals, such as GAS */
      quote: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: GetPriceAnswer;
  };
  /** What the node heard, poll by poll, newest first */
  "GET /v1/prices/{base}/{quote}/polls": {
    path: {
      /** a currency in capitals, such as GAS */
      base: string;
      /** a currency in capitals, such as GAS */
      quote: string;
    };
    query: {
      /** items on the page */
      limit?: number;
      /** id of polls: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListPollsAnswer;
  };
  /** Rounds on the chain, newest first */
  "GET /v1/prices/{base}/{quote}/rounds": {
    path: {
      /** a currency in capitals, such as GAS */
      base: string;
      /** a currency in capitals, such as GAS */
      quote: string;
    };
    query: {
      /** items on the page */
      limit?: number;
      /** id of rounds: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListRoundsAnswer;
  };
  /** Upkeeps, newest first */
  "GET /v1/upkeeps": {
    path: Record<never, never>;
    query: {
      state?: "waiting" | "sent" | "unfunded" | "paused" | "unreadable" | "cancelled";
      /** its owner: 0x and 40 hex digits, or an address */
      owner?: string;
      /** items on the page */
      limit?: number;
      /** id of upkeeps: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListUpkeepsAnswer;
  };
  /** One upkeep: when it is due, its last runs and what they cost */
  "GET /v1/upkeeps/{id}": {
    path: {
      /** id of an upkeep */
      id: string;
    };
    query: Record<never, never>;
    body: undefined;
    answer: GetUpkeepAnswer;
  };
  /** Who did what, newest first */
  "GET /v1/audit": {
    path: Record<never, never>;
    query: {
      /** the whole actor, or its kind before the colon, such as operator */
      actor?: string;
      /** the whole action, or what it is about before the dot, such as secret */
      action?: string;
      /** items on the page */
      limit?: number;
      /** id of entries: the cursor of a page */
      cursor?: string;
    };
    body: undefined;
    answer: ListAuditAnswer;
  };
  /** This document: OpenAPI 3.1 */
  "GET /v1/openapi.json": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: GetOpenApiAnswer;
  };
}
