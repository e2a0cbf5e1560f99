/**
 * A form from the JSON Schema of a channel's settings, and settings from the form. Pure.
 *
 * Scalars, lists of scalars and objects of scalars become fields; what is deeper is one field of JSON. What the schema does not know is kept.
 * The API checks: the form only makes that what can be written is of the right type.
 */
export interface Schema {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  enum?: readonly unknown[];
  default?: unknown;
  items?: Schema;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  if?: unknown;
  allOf?: unknown;
}

export type Settings = Record<string, unknown>;
export type FieldKind = "text" | "long" | "whole" | "number" | "flag" | "choice" | "list" | "json";

export interface Field {
  /** `["defaults", "privacy"]` */
  path: readonly string[];
  kind: FieldKind;
  title: string;
  hint: string | null;
  required: boolean;
  options: readonly string[];
  byDefault: unknown;
  least: number | null;
  most: number | null;
}

/** What stands in the fields, by `fieldKey`. */
export type Draft = Record<string, string>;

const LONG = 1000;
const isScalar = ({ type, enum: options }: Schema): boolean => options !== undefined || ["string", "integer", "number", "boolean"].includes(String(type));

function kindOf(schema: Schema): FieldKind {
  if (schema.enum?.every((option) => typeof option === "string")) return "choice";
  switch (schema.type) {
    case "string":
      return (schema.maxLength ?? 0) > LONG && /pem/i.test(schema.title ?? "") ? "long" : "text";
    case "integer":
      return "whole";
    case "number":
      return "number";
    case "boolean":
      return "flag";
    case "array":
      return schema.items?.type === "string" ? "list" : "json";
    default:
      return "json";
  }
}

export function fieldsOf(schema: Schema, under: readonly string[] = []): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]): Field[] => {
    const path = [...under, name];
    const parts = Object.values(part.properties ?? {});
    const flat = under.length === 0 && part.type === "object" && parts.length > 0 && parts.length <= 4 && parts.every(isScalar);
    if (flat) return fieldsOf(part, path).map((field) => ({ ...field, title: `${part.title ?? name}: ${field.title}`, required: false }));
    return [
      {
        path,
        kind: kindOf(part),
        title: part.title ?? name,
        hint: part.description ?? null,
        required: schema.required?.includes(name) ?? false,
        options: (part.enum ?? []).map(String),
        byDefault: part.default,
        least: part.minimum ?? null,
        most: part.maximum ?? null,
      },
    ];
  });
}

export const fieldKey = ({ path }: Field): string => path.join(".");

function at(settings: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (typeof found === "object" && found !== null ? (found as Settings)[name] : undefined), settings);
}

/** What the fields show of these settings. */
export function draftOf(fields: readonly Field[], settings: Settings): Draft {
  return Object.fromEntries(fields.map((field) => [fieldKey(field), textOf(field, at(settings, field.path))]));
}

function textOf(field: Field, value: unknown): string {
  if (field.kind === "flag") return String((value ?? field.byDefault) === true);
  if (value === undefined || value === null || (field.kind === "choice" && value === field.byDefault)) return "";
  if (field.kind === "list" && Array.isArray(value)) return value.map(String).join("\n");
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The fields (by key) that hold no JSON although they have to. */
export const brokenFields = (fields: readonly Field[], draft: Draft): string[] =>
  fields
    .filter(({ kind }) => kind === "json")
    .map(fieldKey)
    .filter((key) => draft[key] && parsed(draft[key]) === undefined);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The settings with what is in the fields; an empty field is no setting, a choice or a switch that is as it would be anyway neither. */
export function settingsOf(fields: readonly Field[], draft: Draft, before: Settings): Settings {
  const settings = structuredClone(before);
  for (const field of fields) {
    const [first = "", second] = field.path;
    const value = valueOf(field, draft[fieldKey(field)] ?? "");
    if (second === undefined) {
      put(settings, first, value);
      continue;
    }
    const known = settings[first];
    const inner: Settings = typeof known === "object" && known !== null && !Array.isArray(known) ? { ...(known as Settings) } : {};
    put(inner, second, value);
    put(settings, first, Object.keys(inner).length > 0 ? inner : undefined);
  }
  return settings;
}

function put(settings: Settings, name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(settings, name);
  else settings[name] = value;
}

function valueOf(field: Field, text: string): unknown {
  if (field.kind === "flag") {
    const on = text === "true";
    return on === (field.byDefault ?? false) ? undefined : on;
  }
  if (!text.trim()) return undefined;
  switch (field.kind) {
    case "whole":
    case "number":
      return Number(text);
    case "list":
      return text
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
    case "json":
      return parsed(text);
    default:
      return text;
  }
}
