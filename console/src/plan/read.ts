// Readers that take exactly what a form says: a field too many is refused like a field too few.
import { isObject, Unreadable, type Json } from "./json";

export type Reader<T> = (value: Json, at: string) => T;

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

function wrong(at: string, what: string): never {
  throw new Unreadable(`${at || "The whole"} is not ${what}.`);
}

export const anything: Reader<Json> = (value) => value;

/** Text of so many characters, of a pattern if there is one. */
export function text(max = Infinity, pattern?: RegExp): Reader<string> {
  return (value, at) => (typeof value === "string" && [...value].length <= max && (!pattern || pattern.test(value)) ? value : wrong(at, "a text of the right form"));
}

/** A whole number that is exact in JSON. */
export function whole(min: number, max: number): Reader<number> {
  return (value, at) => (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max ? value : wrong(at, `a whole number from ${min} to ${max}`));
}

export const truth: Reader<boolean> = (value, at) => (typeof value === "boolean" ? value : wrong(at, "true or false"));

export function oneOf<const W extends string>(...words: readonly W[]): Reader<W> {
  return (value, at) => words.find((word) => word === value) ?? wrong(at, `one of ${words.join(", ")}`);
}

export function list<T>(item: Reader<T>, max = Infinity): Reader<T[]> {
  return (value, at) => (Array.isArray(value) && value.length <= max ? value.map((one, index) => item(one, `${at}/${index}`)) : wrong(at, "a list of the right length"));
}

/** An object of these fields and no other. What may be absent is named; it is never null. */
export function object<T extends object>(readers: { [K in keyof T]-?: Reader<Exclude<T[K], undefined>> }, optional: readonly OptionalKeys<T>[] = []): Reader<T> {
  const names = Object.keys(readers) as (keyof T & string)[];
  return (value, at) => {
    if (!isObject(value)) return wrong(at, "an object");
    for (const name of Object.keys(value)) if (!names.some((known) => known === name)) throw new Unreadable(`${at}/${name} is not known here.`);
    const read: Partial<T> = {};
    for (const name of names) {
      const field = Object.hasOwn(value, name) ? value[name] : undefined;
      if (field !== undefined) read[name] = readers[name](field, `${at}/${name}`) as T[typeof name];
      else if (!optional.some((other) => other === name)) throw new Unreadable(`${at}/${name} is missing.`);
    }
    return read as T;
  };
}

/** An object of one field, which says what it is. */
export function tagged<R extends Record<string, Reader<unknown>>>(readers: R): Reader<{ [K in keyof R & string]: { is: K; of: ReturnType<R[K]> } }[keyof R & string]> {
  type Tagged = { [K in keyof R & string]: { is: K; of: ReturnType<R[K]> } }[keyof R & string];
  return (value, at) => {
    const names = isObject(value) ? Object.keys(value) : [];
    const [name] = names;
    if (!isObject(value) || name === undefined || names.length !== 1 || !Object.hasOwn(readers, name)) return wrong(at, `one of ${Object.keys(readers).join(", ")}`);
    return { is: name, of: readers[name]?.(value[name] ?? null, `${at}/${name}`) } as Tagged;
  };
}
