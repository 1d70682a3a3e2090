/** The one way a value becomes a CSV cell. */
import { clean } from './clean.ts';

// What a spreadsheet takes for a formula (OWASP, "CSV Injection").
const formulaStart = /^[=+\-@\t\r]/;
const widestCell = 32_767;

/**
 * @param text what is to be in the cell
 * @returns the quoted cell; a text that a spreadsheet would run is led by an apostrophe
 */
export function csvCell(text: string): string {
  const harmless = clean(text, widestCell);
  const guarded = formulaStart.test(harmless) ? `'${harmless}` : harmless;
  return `"${guarded.replaceAll('"', '""')}"`;
}
