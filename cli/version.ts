import manifest from '../package.json' with { type: 'json' };

/** Version of Patchledger, as it stands in every entry and on every page. */
export const programVersion: string = manifest.version;
