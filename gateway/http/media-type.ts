export const graphqlResponse = "application/graphql-response+json";
export const plainJson = "application/json";

const page = "text/html";

export type MediaType = typeof graphqlResponse | typeof plainJson;

/**
 * Returns the media type of the response that `Accept` prefers; of two with the same quality, the first one. Without a preference it is the older type.
 * @returns undefined when it accepts neither
 */
export function acceptedType(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || accept.trim() === "") return plainJson;
  return mostWanted(accept, typeOf);
}

/** Returns whether `Accept` prefers a page to a response, as a browser's does when it opens an address. */
export const prefersPage = (accept: string | undefined): boolean =>
  mostWanted(accept ?? "", (range) => (range === page ? page : typeOf(range))) === page;

export const eventStream = "text/event-stream";

/** Returns whether `Accept` prefers server-sent events to a single response. */
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
