CREATE TABLE "sign_in_addresses" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"address_hash" varchar(255) NOT NULL,
	"failed_attempts" integer DEFAULT 0 NOT NULL,
	"locked_until" timestamp with time zone,
	"last_sign_in_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sign_in_addresses_user_id_address_hash_pk" PRIMARY KEY("user_id","address_hash"),
	CONSTRAINT "sign_in_addresses_failed_attempts_check" CHECK ("sign_in_addresses"."failed_attempts" >= 0)
);
--> statement-breakpoint
ALTER TABLE "sign_in_addresses" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_username_unique";--> statement-breakpoint
DROP INDEX "idx_users_email";--> statement-breakpoint
ALTER TABLE "sign_in_addresses" ADD CONSTRAINT "sign_in_addresses_user_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- Of users of one tenant whose names are one from now on (db/auth/folded-name.ts), the oldest keeps the name. The others get the end of their id into theirs,
-- and what it was into their metadata. The same of e-mail addresses, and of roles, which have no metadata.
ALTER TABLE "users" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "roles" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "users" SET "username" = left("username", 246) || '-' || right("users"."id"::text, 8),
  "metadata" = "metadata" || jsonb_build_object('usernameBefore', "username"), "version" = "version" + 1, "updated_at" = now()
FROM (SELECT "id", row_number() OVER (PARTITION BY "tenant_id", translate(lower(normalize("username", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz') ORDER BY "created_at", "id") AS "place" FROM "users") AS "named"
WHERE "named"."id" = "users"."id" AND "named"."place" > 1;
--> statement-breakpoint
UPDATE "users" SET "email" = right("users"."id"::text, 8) || '.' || left("email", 246),
  "metadata" = "metadata" || jsonb_build_object('emailBefore', "email"), "version" = "version" + 1, "updated_at" = now()
FROM (SELECT "id", row_number() OVER (PARTITION BY "tenant_id", translate(lower(normalize("email", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz') ORDER BY "created_at", "id") AS "place" FROM "users") AS "named"
WHERE "named"."id" = "users"."id" AND "named"."place" > 1;
--> statement-breakpoint
UPDATE "roles" SET "name" = left("name", 91) || '-' || right("roles"."id"::text, 8), "version" = "version" + 1
FROM (SELECT "id", row_number() OVER (PARTITION BY "tenant_id", translate(lower(normalize("name", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz') ORDER BY "created_at", "id") AS "place" FROM "roles") AS "named"
WHERE "named"."id" = "roles"."id" AND "named"."place" > 1 AND "roles"."tenant_id" IS NOT NULL;
--> statement-breakpoint
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE UNIQUE INDEX "idx_roles_name" ON "roles" USING btree ("tenant_id",translate(lower(normalize("name", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz'));--> statement-breakpoint
CREATE UNIQUE INDEX "idx_users_username" ON "users" USING btree (translate(lower(normalize("username", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz'),"tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_users_email" ON "users" USING btree (translate(lower(normalize("email", NFKD)), 'аАαΑɑⱭᴀьЬвВβΒʙсСϲϹᴄԁԀᴅеЕεΕᴇϝϜքՔꜰɡꞬԍԌցՑɢһҺнНηΗհՀʜіІιΙıɩƖɪꞮјЈϳͿᴊкКκΚᴋӏӀʟмМμΜϻϺᴍոՈռՌɴоОοΟσΣօՕςΣᴏрРρΡᴘԛԚգԳզԶгГʀƦѕЅտՏꜱтТτΤᴛυΥսՍʋƲᴜνΝѵѴʌɅᴠԝԜѡѠաԱᴡхХχΧуУүҮγΓʏζΖʐᴢ', 'aaaaaaabbbbbbbcccccdddeeeeefffffggggggghhhhhhhhhiiiiiiiiijjjjjkkkkklllmmmmmmmnnnnnooooooooooopppppqqqqqqrrrrssssstttttuuuuuuuvvvvvvvwwwwwwwxxxxyyyyyyyzzzz'),"tenant_id");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "sign_in_addresses" AS PERMISSIVE FOR ALL TO "novacron_auth" USING ("sign_in_addresses"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("sign_in_addresses"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));