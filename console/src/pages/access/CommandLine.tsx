// A command line asks to act as whoever is signed in here. Nothing is allowed by opening the page; what asks, and as whom, is said first.
import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconLinkOff, IconTerminal2, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { meQuery, signOut, type Me } from "../../api/session";
import { CopyBlock } from "../../parts/copy";
import { Empty, Lines, Problem } from "../../parts/states";
import { Left, useLeft } from "../../time/countdown";
import { Ago } from "../../time/zone";
import { Facts } from "../settings/Facts";
import { GrantList } from "../settings/GrantsEditor";
import { askedBy, ownMachine, spanWords, type CommandLine as Asked } from "./question";
import { Door } from "./Door";

const TITLE = "A command line asks to act as you";

export function CommandLine() {
  const asked = askedBy(useSearch({ from: "/command-line" }));
  const { data: me } = useQuery(meQuery);
  const router = useRouter();
  // The session ended, here or elsewhere: to the sign-in, and from there back to this question.
  useEffect(() => {
    if (me === null) void router.invalidate();
  }, [me, router]);
  if (!asked)
    return (
      <Door title="Sign in a command line">
        <Empty icon={IconLinkOff} title="This page needs its whole address">
          Part of it is missing. Run <Code>assent login</Code> in your terminal, and open the whole address that it prints.
        </Empty>
      </Door>
    );
  if (!me)
    return (
      <Door title={TITLE}>
        <Lines count={4} />
      </Door>
    );
  return <Question asked={asked} me={me} />;
}

function Question({ asked, me }: { asked: Asked; me: Me }) {
  const question = useQuery({
    queryKey: ["command-line", asked],
    // Each time it is asked is on the ledger, so it is asked once.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    queryFn: () => answer(api.POST("/api/v1/me/command-line/ask", { body: asked })),
  });
  if (question.data) return <Answering key={question.data.ticket} asked={asked} me={me} question={question.data} again={() => void question.refetch()} />;
  return <Door title={TITLE}>{question.error ? <Problem error={question.error} retry={() => void question.refetch()} /> : <Lines count={4} />}</Door>;
}

type AnsweringProps = { asked: Asked; me: Me; question: Schemas["CommandLineAsked"]; again: () => void };

function Answering({ asked, me, question, again }: AnsweringProps) {
  const body = { asked, ticket: question.ticket };
  const allow = useMutation({ mutationFn: () => answer(api.POST("/api/v1/me/command-line/allow", { body })), onSuccess: ({ go_to }) => leave(go_to) });
  const refuse = useMutation({ mutationFn: () => answer(api.POST("/api/v1/me/command-line/refuse", { body })), onSuccess: ({ go_to }) => leave(go_to) });
  const inTime = useLeft(question.until) !== undefined;
  if (refuse.isSuccess) return <Over icon={IconX} title="Refused" words="The command line was not let in. You can close this page." />;
  if (allow.data?.code) return <ToPaste code={allow.data.code} until={allow.data.until} />;
  if (allow.isSuccess) return <Over icon={IconCheck} title="Allowed" words="The command line takes it from here; this page goes to it. If nothing happens, it no longer waits: run assent login again." />;
  return (
    <Door title={TITLE} wide>
      <Asking asked={asked} me={me} question={question} />
      {question.sign_in_again ? (
        <SignInAgain />
      ) : inTime ? (
        <Stack gap="sm">
          <Warning pasted={!asked.back} />
          <Group gap="sm" justify="flex-end">
            <Button variant="default" loading={refuse.isPending} disabled={allow.isPending} onClick={() => refuse.mutate()}>
              Refuse
            </Button>
            <Button loading={allow.isPending} disabled={refuse.isPending} onClick={() => allow.mutate()}>
              Allow
            </Button>
          </Group>
        </Stack>
      ) : (
        <Alert color="yellow" variant="light" role="alert" title="This question is over">
          <Stack gap="xs" align="flex-start">
            <Text size="sm">It waited five minutes for an answer. If the terminal still waits, ask again; else run assent login again.</Text>
            <Button size="xs" variant="default" onClick={again}>
              Ask again
            </Button>
          </Stack>
        </Alert>
      )}
      {(allow.error ?? refuse.error) && <Problem error={allow.error ?? refuse.error} retry={again} />}
    </Door>
  );
}

/** Who asks, to act as whom, with which rights and for how long. */
function Asking({ asked, me, question }: Omit<AnsweringProps, "again">) {
  const as = me.email ? `${me.name} (${me.email})` : me.name;
  return (
    <Facts
      facts={[
        ["Asks", <ByHost key="host" host={asked.host} back={asked.back != null} />],
        [
          "Its check",
          <span key="check">
            <Code fz="lg" fw={600}>
              {question.check}
            </Code>{" "}
            <Text span size="sm" c="dimmed">
              Your terminal must show the same.
            </Text>
          </span>,
        ],
        ["Asked", <Ago key="asked" at={question.asked_at} />],
        ["Acts as", as],
        ["In", me.tenant_name],
        ["With", <GrantList key="grants" grants={me.grants} />],
        ["For", `${spanWords(question.absolute_s)} at most, ${spanWords(question.idle_s)} unused. You can end it under Account.`],
      ]}
    />
  );
}

function ByHost({ host, back }: { host: string; back: boolean }) {
  return (
    <Group gap={6} wrap="nowrap" align="center">
      <IconTerminal2 size={18} aria-hidden style={{ flexShrink: 0 }} />
      <span>
        A command line {back ? "on this machine" : "elsewhere"}. It calls its machine <b className="foreign">{host}</b>.
      </span>
    </Group>
  );
}

function Warning({ pasted }: { pasted: boolean }) {
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={20} aria-hidden />} title={pasted ? "Whoever has the code that comes next acts as you" : "Only if it was you"}>
      {pasted ? (
        <>
          Allow it only if you have just run <Code>assent login</Code> yourself. Paste the code into that terminal and nowhere else. Nobody who helps you needs it, whatever they say: if
          somebody sent you here, refuse.
        </>
      ) : (
        <>
          Allow it only if you have just run <Code>assent login</Code> yourself, on this machine. If somebody sent you the link to this page, refuse.
        </>
      )}
    </Alert>
  );
}

function SignInAgain() {
  const queries = useQueryClient();
  // Without a session the page goes to the sign-in by itself, and comes back.
  const again = useMutation({ mutationFn: () => signOut(queries) });
  return (
    <Alert color="yellow" variant="light" title="Sign in again first">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">You signed in too long ago to let a command line in. You come back here right after.</Text>
        <Button size="xs" loading={again.isPending} onClick={() => again.mutate()}>
          Sign in again
        </Button>
        {again.error && <Problem error={again.error} />}
      </Stack>
    </Alert>
  );
}

function ToPaste({ code, until }: { code: string; until: string }) {
  const inTime = useLeft(until) !== undefined;
  return (
    <Door title="The code for your terminal">
      {inTime ? (
        <>
          <CopyBlock text={code} label="Copy the code" />
          <Text size="sm">
            Paste it where <Code>assent login</Code> waits for it; what you paste is not shown there. It holds once. <Left until={until} />.
          </Text>
          <Text size="sm" c="dimmed">
            Give it to nobody: whoever asks you for it wants to act as you.
          </Text>
        </>
      ) : (
        <Text size="sm">The code holds no more. Run assent login again.</Text>
      )}
    </Door>
  );
}

function Over({ icon, title, words }: { icon: typeof IconCheck; title: string; words: ReactNode }) {
  return (
    <Door title={title}>
      <Empty icon={icon} title={title}>
        {words}
      </Empty>
    </Door>
  );
}

/** Goes back to the machine's own listener. The page that was is not gone back to: its code is used up. */
function leave(address: string | null | undefined): void {
  const own = ownMachine(address);
  if (own !== undefined) window.location.replace(own);
}
