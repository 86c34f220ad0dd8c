/** The superuser's URL of the PostgreSQL server that the tests share. vitest's global set-up starts it. */
export const adminUrl = (): string => {
  const url = process.env["NOVACRON_TEST_SERVER_URL"];
  if (url === undefined) throw new Error("NOVACRON_TEST_SERVER_URL is not set: run the tests with vitest's own set-up");
  return url;
};
