import type { FormattedExecutionResult } from "graphql";

/** The `data` of an answer, already JSON: it travels through the HTTP layer as it is. */
export class WrittenData {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** The body of a response. */
export function bodyOf({ errors, data, extensions }: FormattedExecutionResult<unknown>): string {
  const members = [
    ...(errors ? [`"errors":${JSON.stringify(errors)}`] : []),
    ...(data === undefined ? [] : [`"data":${data instanceof WrittenData ? data.json : JSON.stringify(data)}`]),
    ...(extensions ? [`"extensions":${JSON.stringify(extensions)}`] : []),
  ];
  return `{${members.join(",")}}\n`;
}
