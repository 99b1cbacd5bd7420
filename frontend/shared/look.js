// Theme, size of letters, contrast, spacing, motion: the form of the panel applies at once, without a page load.
// The same words and cookie as src/startks/framework/web/preferences.py.
const YEAR = 365 * 24 * 3600

document.addEventListener('change', event => {
  const form = event.target.closest?.('form[data-look]')
  if (!form) return
  const html = document.documentElement
  const words = []
  html.classList.remove(...[...html.classList].filter(name => name.startsWith('look-')))
  for (const field of form.querySelectorAll('input:checked')) {
    if (field.name === 'theme') html.dataset.bsTheme = field.value
    else if (!field.hasAttribute('data-default')) html.classList.add(`look-${field.value}`)
    if (!field.hasAttribute('data-default')) words.push(field.value)
  }
  const secure = location.protocol === 'https:' ? ';Secure' : ''
  document.cookie = `startks_look=${words.join('.')};path=/;max-age=${words.length ? YEAR : 0};SameSite=Lax${secure}`
})

// an open panel closes by Escape and by a click outside
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  for (const panel of document.querySelectorAll('details.st-look[open]')) {
    panel.open = false
    panel.querySelector('summary').focus()
  }
})
document.addEventListener('click', event => {
  for (const panel of document.querySelectorAll('details.st-look[open]')) if (!panel.contains(event.target)) panel.open = false
})

// with scripts on, the button «Применить» has nothing left to do
for (const button of document.querySelectorAll('form[data-look] button')) button.hidden = true
