// Signs in with a passkey: by a button, and in the field for the address where the browser offers that.
import { Button, Text } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { answer, api, isProblem, type Schemas } from "../../api/client";
import { hasPasskeys, offersPasskeys, passkeyWords, signWithPasskey } from "../../api/webauthn";
import { Problem } from "../../parts/states";

async function enter(conditional?: AbortSignal): Promise<Schemas["SignedIn"]> {
  const challenge = await answer(api.POST("/api/v1/sign-in/passkey/challenge"));
  return answer(api.POST("/api/v1/sign-in/passkey", { body: await signWithPasskey(challenge, conditional) }));
}

export function PasskeyButton({ onSignedIn }: { onSignedIn: (session: Schemas["SignedIn"]) => void }) {
  const waiting = useRef<AbortController>(undefined);
  const take = useRef(onSignedIn);
  take.current = onSignedIn;
  const signIn = useMutation({
    mutationFn: () => {
      // A browser answers one question at a time.
      waiting.current?.abort();
      return enter();
    },
    onSuccess: onSignedIn,
  });
  useEffect(() => {
    const stop = new AbortController();
    waiting.current = stop;
    const offer = async () => {
      if (!(await offersPasskeys()) || stop.signal.aborted) return;
      const session = await enter(stop.signal);
      if (!stop.signal.aborted) take.current(session);
    };
    // Nobody asked for this: if it fails, the button and the other ways are still there.
    offer().catch(() => undefined);
    return () => stop.abort();
  }, []);
  if (!hasPasskeys()) return null;
  const words = passkeyWords(signIn.error) ?? (isProblem(signIn.error, "not_signed_in") ? "This passkey does not sign in here. Try again, or sign in another way." : undefined);
  return (
    <div>
      <Button fullWidth variant="default" leftSection={<IconFingerprint size={18} aria-hidden />} loading={signIn.isPending} onClick={() => signIn.mutate()}>
        Sign in with a passkey
      </Button>
      <div aria-live="polite">
        {words && (
          <Text size="sm" mt={6} c="dimmed">
            {words}
          </Text>
        )}
      </div>
      {signIn.error && !words && <Problem error={signIn.error} />}
    </div>
  );
}
