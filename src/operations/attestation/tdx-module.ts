import { z } from 'zod';
import { toHex } from '../../base/bytes.js';
import type { TdxReport } from './tdx-quote.js';

/** How Intel judges a platform, a module or an enclave, the best first. */
export const TCB_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;
export type TcbStatus = (typeof TCB_STATUSES)[number];

export interface TcbJudgement {
  readonly status: TcbStatus;
  /** Intel's advisories of what is unmended, e.g. INTEL-SA-00837. */
  readonly advisories: readonly string[];
}

const hexText = z.string().regex(/^[0-9a-fA-F]*$/);
const identity = z.object({ mrsigner: hexText, attributes: hexText, attributesMask: hexText });
const tcbInfoSchema = z.object({
  id: z.literal('TDX'),
  version: z.literal(3),
  issueDate: z.iso.datetime(),
  nextUpdate: z.iso.datetime(),
  tcbEvaluationDataNumber: z.int().min(0),
  tdxModule: identity,
  tdxModuleIdentities: z
    .array(
      identity.extend({
        id: z.string(),
        tcbLevels: z
          .array(
            z.object({
              tcb: z.object({ isvsvn: z.int().min(0) }),
              tcbStatus: z.enum(TCB_STATUSES),
              advisoryIDs: z.array(z.string()).optional(),
            }),
          )
          .min(1),
      }),
    )
    .optional(),
});

export type TcbInfo = z.output<typeof tcbInfoSchema>;

/** Of what Intel says of the enclave that signs quotes; the library holds the rest against it. */
const qeIdentitySchema = z.object({ tcbEvaluationDataNumber: z.int().min(0) });

/** Throws a RangeError. */
export const parseTcbInfo = (text: string): TcbInfo => parsed(tcbInfoSchema, 'TCB info', text);

/** Throws a RangeError. */
export const parseQeIdentity = (text: string): z.output<typeof qeIdentitySchema> =>
  parsed(qeIdentitySchema, 'QE identity', text);

function parsed<T extends z.ZodType>(schema: T, what: string, text: string): z.output<T> {
  const read = schema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new RangeError(`the ${what} has another ${read.error.issues[0]?.path.join('.')}`);
}

/**
 * Judges the TDX module that a quote names, as Intel's PCS API describes for "Get TDX TCB Info" and
 * as dcap-qvl 0.3.9 leaves out: it must be signed by whom the TCB info says, with its attributes,
 * and the first of its levels that is not above it is its own. Throws a RangeError.
 */
export function judgeTdxModule(info: TcbInfo, report: TdxReport): TcbJudgement {
  const [svn = 0, version = 0] = report.teeTcbSvn;
  // Version 0 is the first generation, which has no levels of its own.
  if (version === 0) {
    requireIdentity(info.tdxModule, report);
    return { status: 'UpToDate', advisories: [] };
  }
  const id = `TDX_${version.toString(16).toUpperCase().padStart(2, '0')}`;
  const module = info.tdxModuleIdentities?.find((candidate) => candidate.id === id);
  if (module === undefined) throw new RangeError(`the TCB info knows no module ${id}`);
  requireIdentity(module, report);
  const level = module.tcbLevels.find(({ tcb }) => tcb.isvsvn <= svn);
  if (level === undefined) throw new RangeError(`no level of ${id} is as low as ${svn}`);
  return { status: level.tcbStatus, advisories: level.advisoryIDs ?? [] };
}

function requireIdentity(
  { mrsigner, attributes, attributesMask }: z.output<typeof identity>,
  report: TdxReport,
): void {
  if (toHex(report.mrSignerSeam) !== mrsigner.toLowerCase()) {
    throw new RangeError('the TDX module is signed by somebody else than the TCB info says');
  }
  const [wanted, mask] = [Buffer.from(attributes, 'hex'), Buffer.from(attributesMask, 'hex')];
  const isSame = [...report.seamAttributes].every(
    (byte, at) => (byte & (mask[at] ?? 0xff)) === ((wanted[at] ?? 0) & (mask[at] ?? 0xff)),
  );
  if (!isSame) throw new RangeError('the TDX module has other attributes than the TCB info says');
}

/** The judgement of both together, by the rules of the same page. */
export function joinJudgements(platform: TcbJudgement, module: TcbJudgement): TcbJudgement {
  const advisories = [...new Set([...platform.advisories, ...module.advisories])];
  const needsConfiguration = platform.status.startsWith('Configuration');
  const joined =
    module.status === 'OutOfDate' && needsConfiguration
      ? 'OutOfDateConfigurationNeeded'
      : worse(platform.status, module.status);
  return { status: joined, advisories };
}

const worse = (left: TcbStatus, right: TcbStatus): TcbStatus =>
  TCB_STATUSES.indexOf(left) >= TCB_STATUSES.indexOf(right) ? left : right;
