import { describe, expect, test } from "vitest";

import { findDirectory, NoPyramid, readDirectory, shapeOf, tileName, tileOf, topLevel } from "./pyramid";

/** A ZIP as libvips writes it: sizes in the directory, not in the entries' own headers. */
function zip(files: Record<string, string>, method = 0): ArrayBuffer {
  const text = new TextEncoder();
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const [named, data] = [text.encode(name), text.encode(content)];
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint16(26, named.length, true);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(10, method, true);
    entry.setUint32(20, data.length, true);
    entry.setUint16(28, named.length, true);
    entry.setUint32(42, at, true);
    entries.push(new Uint8Array(entry.buffer), named);
    for (const part of [new Uint8Array(header.buffer), named, data, new Uint8Array(12)]) {
      parts.push(part);
      at += part.length;
    }
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(12, entries.reduce((sum, { length }) => sum + length, 0), true); // prettier-ignore
  end.setUint32(16, at, true);
  const all = [...parts, ...entries, new Uint8Array(end.buffer)];
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let where = 0;
  for (const part of all) {
    whole.set(part, where);
    where += part.length;
  }
  return whole.buffer;
}

describe("a pyramid in a file", () => {
  const file = zip({ [tileName(0, 0, 0, "jpg")]: "one", [tileName(1, 1, 0, "jpg")]: "and two" });

  test("tells by its directory where each tile is", () => {
    const { offset, length } = findDirectory(file.slice(-60));
    const directory = readDirectory(file.slice(offset, offset + length), offset);
    expect([...directory.keys()]).toEqual(["tiles/tiles_files/0/0_0.jpg", "tiles/tiles_files/1/1_0.jpg"]);
    const read = [...directory.values()].map((at) => new TextDecoder().decode(tileOf(file.slice(at.offset, at.offset + at.length), at.size)));
    expect(read).toEqual(["one", "and two"]);
  });

  test("is none when it is something else, cut off, or compressed", () => {
    expect(() => findDirectory(new ArrayBuffer(100))).toThrow(NoPyramid);
    expect(() => tileOf(file.slice(1), 3)).toThrow(NoPyramid);
    expect(() => tileOf(file.slice(0, 20), 3)).toThrow(NoPyramid);
    expect(() => tileOf(file.slice(0, 40), 3000)).toThrow(NoPyramid);
    const packed = zip({ a: "b" }, 8);
    const { offset, length } = findDirectory(packed);
    expect(() => readDirectory(packed.slice(offset, offset + length), offset)).toThrow(NoPyramid);
  });
});

test("the shape is what the rendition says, and nothing when it says too little", () => {
  const shape = { width: 6000, height: 4000, tile: 512, overlap: 1, format: "jpg" };
  expect(shapeOf({ ...shape, order: {} })).toEqual(shape);
  expect([shapeOf({}), shapeOf({ ...shape, width: "6000" }), shapeOf({ ...shape, tile: 0 })]).toEqual([null, null, null]);
});

test("levels are counted from one pixel", () => {
  expect([topLevel({ width: 1, height: 1 }), topLevel({ width: 512, height: 3 }), topLevel({ width: 513, height: 3 }), topLevel({ width: 6000, height: 4000 })]).toEqual([0, 9, 10, 13]);
});
