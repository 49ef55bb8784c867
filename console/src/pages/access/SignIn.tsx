// Signs in: with a passkey, a password, or an identity provider; whatever this platform takes.
import { Alert, Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertCircle, IconLogin2 } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { answer, api, isProblem, type Schemas } from "../../api/client";
import { signInOptionsQuery } from "../../api/queries";
import { signedIn } from "../../api/session";
import { hasPasskeys } from "../../api/webauthn";
import { Lines, Problem } from "../../parts/states";
import { Door } from "./Door";
import { PasskeyButton } from "./PasskeyButton";
import { secondsToWait, waitWords, wordsOfProvider } from "./problems";
import { useCountdown } from "./useCountdown";

export function SignIn() {
  const { to, problem } = useSearch({ from: "/sign-in" });
  const queries = useQueryClient();
  const router = useRouter();
  const options = useQuery(signInOptionsQuery);
  const enter = (session: Schemas["SignedIn"]) => {
    signedIn(queries, session);
    router.history.replace(to ?? "/");
  };
  const providers = options.data?.providers ?? [];
  const hasKeys = options.data?.set_up === true && options.data.passkey && hasPasskeys();
  return (
    <Door title="Sign in">
      {problem !== undefined && (
        <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={20} />} title="That did not work">
          {wordsOfProvider(problem)}
        </Alert>
      )}
      {options.isPending && <Lines count={3} />}
      {options.error && <Problem error={options.error} retry={() => void options.refetch()} />}
      {options.data?.set_up === false && (
        <Alert color="assent" variant="light" title="Nobody has signed in here yet">
          The platform printed a one-time link when it started. Open it to make the first account.
        </Alert>
      )}
      {options.data?.password && <PasswordForm onSignedIn={enter} />}
      {options.data?.password && (providers.length > 0 || hasKeys) && <Divider label="or" />}
      {hasKeys && <PasskeyButton onSignedIn={enter} />}
      {providers.map((provider) => (
        // The path is of this platform, which sends the browser on to the provider.
        <Button key={provider.name} component="a" href={ownStart(provider.start, to)} variant="default" leftSection={<IconLogin2 size={18} aria-hidden />}>
          <span className="foreign">Continue with {provider.name}</span>
        </Button>
      ))}
      {options.data?.set_up && (
        <Text size="xs" c="dimmed">
          No account, or a lost password? An owner or admin of your organisation invites you with a one-time link.{" "}
          <Anchor href="/status" size="xs" underline="always">
            Status of the platform
          </Anchor>
        </Text>
      )}
    </Door>
  );
}

function PasswordForm({ onSignedIn }: { onSignedIn: (session: Schemas["SignedIn"]) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({ mutationFn: () => answer(api.POST("/api/v1/sign-in", { body: { email, password } })), onSuccess: onSignedIn });
  const left = useCountdown(secondsToWait(signIn.error), signIn.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="E-mail" type="email" autoComplete="username webauthn" required autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
        />
        <div aria-live="polite">
          {isProblem(signIn.error, "not_signed_in") && (
            <Text size="sm" c="var(--assent-broken)">
              The e-mail or the password is not right.
            </Text>
          )}
          {isProblem(signIn.error, "locked_out", "too_many") && <Locked left={left} />}
        </div>
        {signIn.error && !isProblem(signIn.error, "not_signed_in", "locked_out", "too_many") && <Problem error={signIn.error} />}
        <Button type="submit" loading={signIn.isPending} disabled={left > 0}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function Locked({ left }: { left: number }) {
  return (
    <Alert color="yellow" variant="light" title="Too many failed attempts">
      {left > 0 ? (
        <>
          Nothing is checked until the wait is over. Try again in <b>{waitWords(left)}</b>.
        </>
      ) : (
        "You can try again now."
      )}
    </Alert>
  );
}

/** Only a path of the API is gone to. The provider's answer brings the browser back to where it was going. */
function ownStart(path: string, to: string | undefined): string {
  if (!path.startsWith("/api/v1/oidc/")) return "/sign-in";
  return to === undefined ? path : `${path}?to=${encodeURIComponent(to)}`;
}
