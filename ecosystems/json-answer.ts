/** Answers in JSON, checked against a shape before anything of them is believed. */
import type { z } from 'zod';

/** What the text says; null where it is no JSON, or has another shape. */
export function jsonAnswer<T>(shape: z.ZodType<T>, text: string): T | null {
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
