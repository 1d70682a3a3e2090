import { defineConfig } from 'vitest/config';

// Tests run real programs; on a slow machine with two cores these limits only catch what hangs.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
