import { InvalidArgumentError } from "commander";

const factors: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};

/** Returns bytes: `4GiB`, `512MiB`, `1.5GiB`, or a number of bytes. The graph checks the limits. @throws InvalidArgumentError */
export function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = factors[unit];
  const bytes = Number(number) * (factor ?? Number.NaN);
  if (number === "" || !Number.isSafeInteger(bytes))
    throw new InvalidArgumentError("Write a size as 4GiB or 512MiB (KiB, MiB, GiB, TiB, PiB, or bytes).");
  return bytes;
}

/** Returns thousandths of a core: `2`, `0.5`, `500m`. The graph checks the limits. @throws InvalidArgumentError */
export function millicoresOf(text: string): number {
  const [, number = "", unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text) ?? [];
  const millicores = Math.round(Number(number) * (unit === "m" ? 1 : 1_000) * 1_000) / 1_000;
  if (number === "" || !Number.isInteger(millicores) || millicores > largestInt)
    throw new InvalidArgumentError("Write cores as 2, 0.5 or 500m, in thousandths at the finest.");
  return millicores;
}

/** The largest `Int` of GraphQL. */
const largestInt = 2 ** 31 - 1;
