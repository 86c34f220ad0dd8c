import { serviceResolvers } from "#subgraphs/end-operation.ts";
import { mutationResolvers } from "#subgraphs/mutations.ts";
import * as apiKeys from "../api-keys/api-keys.ts";
import * as connectionTickets from "../credentials/connection-tickets.ts";
import * as denials from "../credentials/record-denial.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import type { MutationResolvers } from "../generated/resolvers.ts";
import * as totp from "../mfa/totp.ts";
import * as passwords from "../passwords/change-password.ts";
import * as roles from "../roles/roles.ts";
import type { AuthServices } from "../services.ts";
import * as sessions from "../sessions/end-sessions.ts";
import * as tenants from "../tenants/tenants.ts";
import * as users from "../users/users.ts";
import { revokeUserSessions } from "./Mutation/revokeUserSessions.ts";
import { signIn } from "./Mutation/signIn.ts";

/** The resolvers whose payload is more than the value of a use case. */
const own = { revokeUserSessions, signIn, ...serviceResolvers("AuthOperation").Mutation };

/** A mutation is the use case of the same name that one of these files exports. */
const ofUseCases = mutationResolvers<Omit<MutationResolvers, keyof typeof own>, UserErrorCode, AuthServices>({
  ...apiKeys,
  ...connectionTickets,
  ...denials,
  ...passwords,
  ...roles,
  ...sessions,
  ...tenants,
  ...totp,
  ...users,
});

export const Mutation: MutationResolvers = { ...ofUseCases, ...own };
