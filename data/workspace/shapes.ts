/** Small shapes that the schemas of people's files share. */
import { z } from 'zod';

/** Leads the message of an issue about unknown keys; the valid ones follow, separated by commas. */
export const validKeysMark = 'valid keys: ';

/** An object that takes no other keys, and says which ones it takes. */
export function strict<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `${validKeysMark}${Object.keys(shape).join(',')}` : undefined,
  });
}

/** Usable as a file name and a part of a URL; no word that the site uses itself. */
export const HostId = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/,
    'expected a host id: a-z, 0-9, . _ - (1 to 128), beginning and ending with a letter or digit',
  )
  .refine((id) => !['index', '404'].includes(id), 'this word is taken by the site');

export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'expected a name: letters, digits, . _ - (1 to 63), beginning with a letter or digit',
  );

export const CollectorName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'expected a collector name: a-z, 0-9 and - (1 to 63), beginning with a letter or digit',
  );

/** One line of text for people. */
export const Line = z
  .string()
  .min(1, 'expected some text')
  .max(500, 'expected at most 500 characters')
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'expected one line without control characters');

/** A file: absolute, below the home folder (`~/`), or relative to the workspace. */
export const Path = Line.refine((path) => !path.startsWith('~') || path.startsWith('~/'), {
  message: 'expected a path; only ~/ is understood, not ~name',
});

// RFC 1123 host names, IPv4, and IPv6 as RFC 4291 writes it (with a zone); none begins with '-'.
export const Address = z
  .string()
  .max(253)
  .regex(
    /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]{1,15})?$/,
    'expected a host name, an IPv4 or an IPv6 address',
  );

// useradd(8) without its trailing '$'; names of directory services with '@' and '\' are common too.
export const Login = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}$/, 'expected an account name');

/** A day, `YYYY-MM-DD`, or an instant with its offset. */
export const When = z.union(
  [
    z.iso.date('expected YYYY-MM-DD'),
    z.iso.datetime({ offset: true, message: 'expected YYYY-MM-DD or an instant with its offset' }),
  ],
  { error: 'expected YYYY-MM-DD, or an instant such as 2026-09-30T22:00:00Z' },
);

/** An address that a page may link to: nothing that runs. */
export const WebAddress = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });

const CveId = z.string().regex(/^CVE-\d{4}-\d{4,}$/, 'expected a CVE id such as CVE-2024-6387');

/** Which hosts: every key that is given must fit, and of its values one; all hosts when nothing is said. */
export const HostSelector = strict({
  ids: z.array(HostId).min(1).optional(),
  groups: z.array(Name).min(1).optional(),
  environments: z.array(Name).min(1).optional(),
  rings: z.array(Name).min(1).optional(),
  criticality: z
    .array(z.enum(['low', 'medium', 'high', 'critical']))
    .min(1)
    .optional(),
  'internet-exposed': z.boolean().optional(),
  tags: z.array(Name).min(1).optional(),
});

/** Which fixes: every key that is given must fit, and of its values one. */
export const FixSelector = strict({
  kinds: z
    .array(z.enum(['security', 'security-unlisted', 'bugfix', 'unclassified']))
    .min(1)
    .optional(),
  severities: z
    .array(z.enum(['critical', 'high', 'medium', 'low', 'unrated']))
    .min(1)
    .optional(),
  'known-exploited': z.boolean().optional(),
  packages: z.array(Line).min(1).optional(),
  advisories: z.array(Line).min(1).optional(),
  cves: z.array(CveId).min(1).optional(),
});
