/** The fake phone's page, script and style: one small page that needs nothing from anywhere else. */
export const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fake phone</title>
<link rel="stylesheet" href="phone.css">
<script src="phone.js" defer></script>
</head>
<body>
<main>
<h1>Fake phone</h1>
<p id="state" role="status">Waiting for login requests.</p>
<ul id="pushes"></ul>
</main>
<template id="push">
<li>
<h2></h2>
<p class="about"></p>
<label class="code" hidden>Code shown by the login <input inputmode="numeric" autocomplete="off" size="6"></label>
<p class="buttons">
<button data-answer="approve">Approve</button>
<button data-answer="deny">Deny</button>
<button data-answer="fraud">It was not me</button>
</p>
<p class="problem" role="alert"></p>
</li>
</template>
</body>
</html>
`

export const pageStyle = `body { font: 1rem/1.4 system-ui, sans-serif; margin: 0; background: #f2f3f5; color: #1c1e21 }
main { max-width: 24rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.2rem }
h2 { font-size: 1.1rem; margin: 0 }
ul { list-style: none; padding: 0 }
li { background: #fff; border-radius: .75rem; padding: 1rem; margin-bottom: 1rem; box-shadow: 0 1px 3px #0003 }
.buttons { display: flex; gap: .5rem; margin: .75rem 0 0 }
button { flex: 1; padding: .6rem .3rem; border: 0; border-radius: .5rem; font: inherit; color: #fff; background: #5a5f66 }
button[data-answer=approve] { background: #1c7c3a }
button[data-answer=deny] { background: #b3261e }
.problem { color: #b3261e; margin: .5rem 0 0 }
.problem:empty { display: none }
`

/** Text goes in as text, never as markup: a user name comes from whoever logs in. */
export const pageScript = `const list = document.getElementById('pushes')
const state = document.getElementById('state')
const template = document.getElementById('push')

async function refresh() {
  try {
    const response = await fetch('pushes')
    if (!response.ok) throw new Error(response.status)
    show(await response.json())
  } catch {
    state.textContent = 'The lab has ended.'
    list.replaceChildren()
  }
  setTimeout(refresh, 500)
}

function show(pushes) {
  state.textContent = pushes.length === 0 ? 'Waiting for login requests.' : 'Is this you?'
  for (const item of [...list.children]) {
    if (!pushes.some((push) => push.txid === item.dataset.txid)) item.remove()
  }
  for (const push of pushes) {
    const about = push.factor + ' from ' + (push.clientAddress ?? 'an unknown address') + ', ' + push.secondsLeft + ' s left'
    const item = [...list.children].find((each) => each.dataset.txid === push.txid) ?? add(push)
    item.querySelector('.about').textContent = about
  }
}

function add(push) {
  const item = template.content.firstElementChild.cloneNode(true)
  item.dataset.txid = push.txid
  item.querySelector('h2').textContent = push.userName
  item.querySelector('.code').hidden = !push.verified
  for (const button of item.querySelectorAll('button')) {
    button.addEventListener('click', () => answer(item, push.txid, button.dataset.answer))
  }
  list.append(item)
  return item
}

async function answer(item, txid, given) {
  const code = item.querySelector('input').value.trim()
  const response = await fetch('pushes/' + txid, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({answer: given, code}),
  })
  if (response.ok) item.remove()
  else item.querySelector('.problem').textContent = (await response.json()).error
}

refresh()
`
