/**
 * Columns of the record, declared once: the Parquet type, the TypeScript type and the sentence
 * that explains them to a reader of `/data/` all come from here.
 */

/** A row's value: an instant is UTC text `YYYY-MM-DDTHH:MM:SS.sssZ`; null means "not known", never "no". */
export type Value = string | number | boolean | string[] | null;

export interface Column<T extends Value = Value> {
  sqlType: 'VARCHAR' | 'BIGINT' | 'BOOLEAN' | 'TIMESTAMP' | 'VARCHAR[]';
  nullable: boolean;
  /** One sentence for the reader, units included. */
  doc: string;
  /** Never set; carries the TypeScript type. */
  readonly type?: T;
}

export interface Table<C extends Record<string, Column> = Record<string, Column>> {
  name: string;
  doc: string;
  columns: C;
  /** The columns whose values order the rows, so that the same rows make the same bytes. */
  key: string[];
}

export type Row<T extends Table> = {
  [K in keyof T['columns']]: T['columns'][K] extends Column<infer V> ? V : never;
};

export function text(doc: string): Column<string> {
  return { sqlType: 'VARCHAR', nullable: false, doc };
}

/** One word of a closed list. */
export function word<const W extends readonly string[]>(words: W, doc: string): Column<W[number]> {
  return { sqlType: 'VARCHAR', nullable: false, doc: `${doc} One of: ${words.join(', ')}.` };
}

export function texts(doc: string): Column<string[]> {
  return { sqlType: 'VARCHAR[]', nullable: false, doc };
}

export function count(doc: string): Column<number> {
  return { sqlType: 'BIGINT', nullable: false, doc };
}

export function flag(doc: string): Column<boolean> {
  return { sqlType: 'BOOLEAN', nullable: false, doc };
}

/** A UTC instant. */
export function instant(doc: string): Column<string> {
  return { sqlType: 'TIMESTAMP', nullable: false, doc };
}

/** The same column where "not known" is a possible answer (null). */
export function orUnknown<T extends Value>(column: Column<T>): Column<T | null> {
  return { ...column, nullable: true } as Column<T | null>;
}

export function table<const C extends Record<string, Column>>(
  name: string,
  doc: string,
  columns: C,
  key: (keyof C & string)[],
): Table<C> {
  return { name, doc, columns, key };
}

/** All columns, the key first: compared in this order, any two different rows have an order. */
export function keyFirst({ key, columns }: Pick<Table, 'key' | 'columns'>): string[] {
  return [...key, ...Object.keys(columns).filter((column) => !key.includes(column))];
}
