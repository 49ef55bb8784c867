// A one-time link: the first owner, or somebody who was invited, makes their account here.
import { Alert, Button, Code, List, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { fieldProblem, isToldAtFields } from "../../api/admin";
import { answer, api, isProblem, type Schemas } from "../../api/client";
import { signInOptionsQuery } from "../../api/queries";
import { signedIn } from "../../api/session";
import { hasPasskeys, makePasskey, passkeyWords } from "../../api/webauthn";
import { Empty, Problem } from "../../parts/states";
import { browserWords } from "../account/browser";
import { Door } from "./Door";
import { NewPassword } from "./NewPassword";
import { tokenOf } from "./problems";
import { strength } from "./strength";
import { Welcome } from "./Welcome";

export function SetUp() {
  const { hash } = useLocation();
  const queries = useQueryClient();
  const [entered, setEntered] = useState<Schemas["SignedIn"]>();
  const options = useQuery(signInOptionsQuery);
  const token = tokenOf(hash);
  if (entered) return <Welcome me={entered.me} />;
  if (token === undefined) {
    return (
      <Door title="Set up">
        <Empty icon={IconLinkOff} title="This page needs its whole link">
          The link ends with <Code>#</Code> and a long secret, and part of it is missing here. The platform prints the link of the first owner when it starts; everybody else
          gets one from whoever invites them.
        </Empty>
      </Door>
    );
  }
  const first = options.data?.set_up === false;
  const enter = (session: Schemas["SignedIn"]) => {
    // The link holds no more: it should not stay in the address either.
    window.history.replaceState(window.history.state, "", "/set-up");
    signedIn(queries, session);
    setEntered(session);
  };
  return (
    <Door title={first ? "Set up Assent" : "Make your account"} about={first ? "You are the first to sign in here." : "You hold a link that works once."}>
      <SetUpForm token={token} first={first} passkeys={Boolean(options.data?.passkey) && hasPasskeys()} onSignedIn={enter} />
    </Door>
  );
}

type SetUpFormProps = { token: string; first: boolean; passkeys: boolean; onSignedIn: (session: Schemas["SignedIn"]) => void };

function SetUpForm({ token, first, passkeys, onSignedIn }: SetUpFormProps) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [way, setWay] = useState<"password" | "passkey">("password");
  const setUp = useMutation({
    mutationFn: async () => {
      if (way === "password") return answer(api.POST("/api/v1/set-up", { body: { token, email, name, password } }));
      const made = await makePasskey(await answer(api.POST("/api/v1/set-up/passkey/challenge", { body: { token, email, name } })));
      return answer(api.POST("/api/v1/set-up/passkey", { body: { token, email, name, ...made, passkey_name: browserWords(navigator.userAgent) } }));
    },
    onSuccess: onSignedIn,
  });
  const cancelled = passkeyWords(setUp.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setUp.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="E-mail"
          description={first ? "You sign in with it. Nothing is sent to it." : "The address that was invited."}
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fieldProblem(setUp.error, "/email")}
        />
        <TextInput
          label="Name"
          description="What others see beside what you do."
          autoComplete="name"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldProblem(setUp.error, "/name")}
        />
        {passkeys && (
          <SegmentedControl
            aria-label="How you sign in"
            value={way}
            onChange={(value) => setWay(value as typeof way)}
            data={[
              { value: "password", label: "With a password" },
              { value: "passkey", label: "With a passkey" },
            ]}
          />
        )}
        {way === "passkey" ? (
          <Text size="sm" c="dimmed">
            Your device keeps the passkey and asks for your finger, face or PIN. There is no password that could be guessed or stolen. You can add others later.
          </Text>
        ) : (
          <NewPassword value={password} onChange={setPassword} name={name} email={email} error={fieldProblem(setUp.error, "/password")} />
        )}
        <Alert variant="light" color="gray" title="What happens next" p="sm">
          <List size="sm" spacing={4}>
            {first ? (
              <List.Item>You become the owner of this organisation: you may do everything, and invite others.</List.Item>
            ) : (
              <List.Item>Your account gets what the invitation grants.</List.Item>
            )}
            <List.Item>The link stops working, and you are signed in here.</List.Item>
            <List.Item>Both are recorded in the ledger. {way === "passkey" ? "Only the public half of the passkey is kept." : "The password is kept as a hash only."}</List.Item>
          </List>
        </Alert>
        {cancelled && (
          <Text size="sm" role="alert">
            {cancelled}
          </Text>
        )}
        {setUp.error && !cancelled && !isToldAtFields(setUp.error, ["/email", "/name", "/password"]) && (
          <>
            <Problem error={setUp.error} />
            {isProblem(setUp.error, "not_signed_in", "not_found") && (
              <Text size="sm" c="dimmed">
                A link works once and for a limited time. {first ? "Start the platform again to get a new one." : "Ask whoever invited you for a new one."}
              </Text>
            )}
          </>
        )}
        <Button type="submit" loading={setUp.isPending} disabled={way === "password" && !strength(password, name, email).enough}>
          {first ? "Make the first account" : "Make my account"}
        </Button>
      </Stack>
    </form>
  );
}
