import { expect, it } from "vitest";
import { bytesOf, millicoresOf } from "./sizes.ts";

it.each([
  ["4GiB", 4 * 2 ** 30],
  ["1.5 GiB", 1.5 * 2 ** 30],
  ["512MiB", 512 * 2 ** 20],
  ["1024", 1_024],
  ["0", 0],
])("the size %s is %d bytes", (text, bytes) => expect(bytesOf(text)).toBe(bytes));

it.each(["", "GiB", "-1GiB", "4GB", "4gib", "4 G", "1e9", "0.3", "99999999PiB"])("%o is no size", (text) =>
  expect(() => bytesOf(text)).toThrow("Write a size as 4GiB"),
);

it.each([
  ["2", 2_000],
  ["0.5", 500],
  ["1.001", 1_001],
  ["500m", 500],
  ["0", 0],
])("%s cores are %d thousandths", (text, millicores) => expect(millicoresOf(text)).toBe(millicores));

it.each(["", "m", "-1", "2 cores", "0.0001", "0.5m", "1e3", "9999999"])("%o is no number of cores", (text) =>
  expect(() => millicoresOf(text)).toThrow("Write cores as 2, 0.5 or 500m"),
);
