// Entry of a house's readings by keyboard: Enter and arrows move between lines, the use is shown as one types.
// Lines are saved by htmx when they are left; without this file the page is an ordinary form.

const MICRO = 1000000n

function micro (typed) {
  const found = /^(\d{1,15})(?:[.,](\d{1,6}))?$/.exec(typed.replace(/[\s\u00a0]/g, ''))
  return found ? BigInt(found[1]) * MICRO + BigInt((found[2] ?? '').padEnd(6, '0')) : null
}

function say (value) {
  const whole = (value / MICRO).toString().replace(/\B(?=(\d{3})+$)/g, '\u00a0')
  const part = (value % MICRO).toString().padStart(6, '0').replace(/0+$/, '')
  return part ? `${whole},${part}` : whole
}

function preview (field) {
  const out = field.closest('tr').querySelector('output')
  const words = field.form.dataset
  const value = micro(field.value)
  const span = BigInt(field.dataset.span)
  field.classList.toggle('is-invalid', field.value.trim() !== '' && (value === null || value >= span))
  out.classList.remove('st-bad', 'entry__use--odd')
  if (value === null) { out.textContent = ''; return }
  if (value >= span) { out.textContent = words.long; out.classList.add('st-bad'); return }
  if (field.dataset.previous === undefined) { out.textContent = ''; return }
  let use = value - BigInt(field.dataset.previous)
  if (use < 0n && field.dataset.turned) use += span
  if (use < 0n) { out.textContent = words.below; out.classList.add('st-bad'); return }
  out.textContent = `${say(use)}\u00a0${field.dataset.unit}`
  if (use > BigInt(field.dataset.most)) {
    out.classList.add('entry__use--odd')
    out.textContent += ` — ${words.unusual}`
  }
}

function move (field, step) {
  const fields = [...field.form.querySelectorAll('[data-entry]')]
  const next = fields[fields.indexOf(field) + step]
  if (next) { next.focus(); next.select() } else if (step > 0) field.form.querySelector('button[type=submit]').focus()
}

document.addEventListener('input', event => {
  if (event.target.matches('[data-entry]')) preview(event.target)
})

document.addEventListener('keydown', event => {
  const field = event.target
  if (!field.matches('[data-entry]') || event.altKey || event.ctrlKey || event.metaKey) return
  if (event.key === 'Enter' || event.key === 'ArrowDown') { event.preventDefault(); move(field, 1) }
  if (event.key === 'ArrowUp') { event.preventDefault(); move(field, -1) }
  if (event.key === 'Escape') { field.value = field.defaultValue; preview(field) }
})

document.addEventListener('htmx:afterSwap', () => {
  const filled = document.querySelector('[data-entry-filled]')
  if (filled) filled.textContent = document.querySelectorAll('.entry__row--saved').length
})
