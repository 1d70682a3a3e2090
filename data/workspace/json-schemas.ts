/** JSON Schemas for editors, made from the schemas that Patchledger itself checks with. */
import { z } from 'zod';
import { Approvals, Config, Evaluations, Exceptions, Inventory, Policy } from './schemas.ts';

const schemas = {
  patchledger: Config,
  inventory: Inventory,
  policy: Policy,
  exceptions: Exceptions,
  approvals: Approvals,
  evaluations: Evaluations,
};

/** File name to content, for `.patchledger/schemas/` of a workspace. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [
      `${name}.schema.json`,
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), null, 2)}\n`,
    ]),
  );
}
