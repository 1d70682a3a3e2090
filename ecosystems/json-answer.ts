/** Answers in JSON, checked against a shape before anything of them is believed. */
import { createRequire } from 'node:module';
import type { z } from 'zod';

/** What makes shapes is loaded for the first such answer: few hosts give one, and it costs a run 40 ms of CPU. */
const load = createRequire(import.meta.url);

/** Gives what a text of JSON says; null where it is no JSON, or has another shape. */
export type JsonReader<T> = (text: string) => T | null;

/** @param shape makes the shape that the text must have */
export function jsonReader<T>(shape: (zod: typeof z) => z.ZodType<T>): JsonReader<T> {
  let made: z.ZodType<T> | undefined;
  return (text) => {
    made ??= shape((load('zod') as { z: typeof z }).z);
    try {
      return made.safeParse(JSON.parse(text)).data ?? null;
    } catch {
      return null;
    }
  };
}

/** What a reader gives of a text that has its shape. */
export type Said<R> = R extends JsonReader<infer T> ? T : never;
