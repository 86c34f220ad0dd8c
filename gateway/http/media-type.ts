export const graphqlResponse = "application/graphql-response+json";
export const plainJson = "application/json";

const page = "text/html";

export type MediaType = typeof graphqlResponse | typeof plainJson;

/**
 * The media type of the answer that `Accept` asks for most; of two it likes as well, the first it names. Whoever says nothing is told in the older one.
 * @returns undefined when it takes neither
 */
export function acceptedType(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || accept.trim() === "") return plainJson;
  return mostWanted(accept, typeOf);
}

/** Whether `Accept` asks for a page more than for an answer, as that of a browser does which goes to an address. */
export const prefersPage = (accept: string | undefined): boolean =>
  mostWanted(accept ?? "", (range) => (range === page ? page : typeOf(range))) === page;

export const eventStream = "text/event-stream";

/** Whether `Accept` asks for server-sent events more than for one answer. */
export const prefersEvents = (accept: string | undefined): boolean =>
  mostWanted(accept ?? "", (range) => (range === eventStream ? eventStream : typeOf(range))) === eventStream;

function mostWanted<Type>(accept: string, typeOfRange: (range: string) => Type | undefined): Type | undefined {
  let best: { type: Type; quality: number } | undefined;
  for (const range of accept.split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const type = typeOfRange(name);
    const quality = qualityOf(parameters);
    if (type && quality > (best?.quality ?? 0)) best = { type, quality };
  }
  return best?.type;
}

function typeOf(range: string): MediaType | undefined {
  if (range === graphqlResponse) return graphqlResponse;
  return range === plainJson || range === "application/*" || range === "*/*" ? plainJson : undefined;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return Number.isFinite(quality) ? quality : 0;
}
