import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import adminEn from "./admin/en.json";
import adminEs from "./admin/es.json";
import adminPt from "./admin/pt.json";
import assetEn from "./asset/en.json";
import assetEs from "./asset/es.json";
import assetPt from "./asset/pt.json";
import en from "./en.json";
import es from "./es.json";
import libraryEn from "./library/en.json";
import libraryEs from "./library/es.json";
import libraryPt from "./library/pt.json";
import pt from "./pt.json";
import reasonEs from "./reason/es.json";
import reasonPt from "./reason/pt.json";

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, path = ""): Map<string, string> {
  return new Map(Object.entries(tree).flatMap(([key, value]) => (typeof value === "string" ? [[path + key, value] as const] : [...flat(value, `${path}${key}.`)])));
}

const PLURAL = /_(zero|one|two|few|many|other)$/;
const namespaces = {
  page: { es: flat(es), en: flat(en), pt: flat(pt) },
  library: { es: flat(libraryEs), en: flat(libraryEn), pt: flat(libraryPt) },
  asset: { es: flat(assetEs), en: flat(assetEn), pt: flat(assetPt) },
  admin: { es: flat(adminEs), en: flat(adminEn), pt: flat(adminPt) },
};
const bare = (texts: Map<string, string>) => [...new Set([...texts.keys()].map((key) => key.replace(PLURAL, "")))].sort();
const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

describe.each(Object.entries(namespaces))("the catalogue of %s", (_, catalogues) => {
  describe.each(["en", "pt"] as const)("in %s", (language) => {
    test("has the keys of the Spanish one, no more and no fewer", () => {
      expect(bare(catalogues[language])).toEqual(bare(catalogues.es));
    });

    test("fills the same holes", () => {
      for (const [key, text] of catalogues[language]) {
        const other = catalogues.es.get(key) ?? catalogues.es.get(key.replace(PLURAL, "_other"));
        expect([key, holes(text)]).toEqual([key, holes(other ?? "")]);
      }
    });
  });

  test.each(Object.entries(catalogues))("%s has every plural form that its language needs", (language, texts) => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const plurals = [...texts.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, ""));
    for (const key of new Set(plurals)) {
      const forms = [...texts.keys()].filter((known) => known.startsWith(`${key}_`)).map((known) => known.slice(key.length + 1));
      expect([key, forms.sort()]).toEqual([key, [...pluralCategories].sort()]);
    }
  });

  test("every text is used somewhere, or is the value of something that the API says", () => {
    const folder = new URL("..", import.meta.url);
    const source = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(new URL(name, folder), "utf8"))
      .join("\n");
    const unused = bare(catalogues.es).filter((key) => {
      const parent = key.slice(0, key.lastIndexOf(".") + 1);
      // written out, or built: t(`status.${…}`)
      return !source.includes(`"${key}"`) && !(parent && source.includes(`\`${parent}\${`));
    });
    expect(unused).toEqual([]);
  });
});

/** Its texts are asked for by the codes that the service says: that they are the same ones is a contract (tests/contract/test_reasons.py). */
describe("the catalogue of reasons", () => {
  const [spanish, portuguese] = [flat(reasonEs), flat(reasonPt)];

  test("has the same codes in both languages; in English the service speaks for itself", () => {
    expect([...portuguese.keys()].sort()).toEqual([...spanish.keys()].sort());
  });

  test("fills the same holes", () => {
    for (const [key, text] of portuguese) expect([key, holes(text)]).toEqual([key, holes(spanish.get(key) ?? "")]);
  });
});
