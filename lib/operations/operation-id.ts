import { newId } from "../uuid.ts";

/** The domains that have operations, by the digit in the ids of their operations. Stored ids hold the digits: they never change. */
const domainOfDigit = { 1: "auth", 2: "vms", 3: "monitoring", 4: "federation", 5: "scheduler" } as const;

export type OperationDomain = (typeof domainOfDigit)[keyof typeof domainOfDigit];

const digitOf = Object.fromEntries(Object.entries(domainOfDigit).map(([digit, domain]) => [domain, digit])) as Readonly<
  Record<OperationDomain, string>
>;

/** Where the digit is in the text of a UUID: the last of the 12 bits that version 7 leaves to its maker (RFC 9562, 5.7). */
const at = 17;

/** Returns the id of a new operation, a UUID that names the domain whose database has it. */
export const newOperationId = (domain: OperationDomain): string => operationIdIn(domain, newId());

/** Returns the id with the domain in it. */
export const operationIdIn = (domain: OperationDomain, id: string): string =>
  `${id.slice(0, at)}${digitOf[domain]}${id.slice(at + 1)}`;

/** Returns the domain whose database has this operation if any has; undefined for an id that is of no operation. */
export const domainOfOperation = (id: string): OperationDomain | undefined =>
  (domainOfDigit as Readonly<Record<string, OperationDomain>>)[id.charAt(at)];

/** Returns the type in the graph of a domain's operations, such as `VmsOperation`. */
export const operationType = <Domain extends OperationDomain>(domain: Domain) =>
  `${domain.charAt(0).toUpperCase()}${domain.slice(1)}Operation` as `${Capitalize<Domain>}Operation`;
