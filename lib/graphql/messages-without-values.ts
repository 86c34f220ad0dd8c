import { type GraphQLError, Kind } from "graphql";

const valueKinds = new Set<string>([
  Kind.STRING,
  Kind.INT,
  Kind.FLOAT,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);

/** The texts with which graphql-js and the scalars describe an invalid value, up to where they repeat it. */
const reasons: readonly RegExp[] = [
  /^Field "[\w.]+" of required type "[\w![\]]+" was not provided/,
  /^Field "\w+" is not defined by type "\w+"/,
  /^Expected (?:non-nullable )?(?:value of )?type "[\w![\]]+"(?: to be an object| not to be null)?/,
  /^(?:Enum "\w+"|[A-Z]\w*) cannot represent (?:an? )?(?:invalid date-time-string|non[- a-z0-9]*?value|value)(?=[ :.])/,
  /^Value is not (?:a valid )?[\w ]+(?=:)/,
  /^Decimal must be a string such as "12.50"/,
];
/** The suggestion of graphql-js follows the last name of an enum. */
const notInEnum = /^Value ".*" does not exist in ("\w+") enum\.( Did you mean the enum value [^?]*\?)?/s;
const unexpectedToken = /^(Syntax Error: .*?(?:Name|String|BlockString|Int|Float)) ".*"\.$/s;

/**
 * Returns the message of an error without any value that the client sent: a password in the wrong place must not also appear in the response, nor in
 * anything that stores responses. Names in a document, such as those of fields and variables, are kept.
 */
export function messageWithoutValue({ message, nodes, originalError }: GraphQLError): string {
  const node = nodes?.[0];
  if (node?.kind === Kind.VARIABLE_DEFINITION && message.includes(" got invalid value ")) {
    const original = originalError?.message;
    const before =
      original !== undefined && message.endsWith(`; ${original}`) ? message.slice(0, -original.length - 2) : "";
    const [at = ""] = / at "[\w.[\]]+"$/.exec(before) ?? [];
    return `Variable "$${node.variable.name.value}" got an invalid value${at}; ${reasonOf(original ?? "")}`;
  }
  if (node && valueKinds.has(node.kind)) return reasonOf(message);
  return message.replace(unexpectedToken, "$1.");
}

/** A text that is not known here may contain the value. */
function reasonOf(message: string): string {
  const [, enumName, suggestion = ""] = notInEnum.exec(message) ?? [];
  if (enumName) return `The value does not exist in ${enumName} enum.${suggestion}`;
  const [explanation = "it is not valid"] =
    reasons.map((reason) => reason.exec(message)).find((found) => found !== null) ?? [];
  return `${explanation}.`;
}
