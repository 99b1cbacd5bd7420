// Builds both faces' styles and scripts, the icon sprite and the fonts into folders that git ignores.
// Names carry a hash of the content, so a browser may keep them for ever; manifest.json maps plain names to hashed ones.
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const modules = path.join(root, 'node_modules')
const FACES = { portal: 'src/startks_portal/static/dist', office: 'src/startks_backoffice/static/dist' }
const PDF_FONTS = ['400Regular/PTSans_400Regular.ttf', '700Bold/PTSans_700Bold.ttf',
  '400Regular_Italic/PTSans_400Regular_Italic.ttf', '700Bold_Italic/PTSans_700Bold_Italic.ttf']

// «auto» follows the reader's system without a script: what the framework says for dark is repeated inside a media query.
const darkByMedia = {
  name: 'dark-by-media',
  setup (build) {
    build.onLoad({ filter: /(bootstrap|tabler)\.min\.css$|tokens\.css$/ }, async ({ path: file }) => {
      const source = (await readFile(file, 'utf8')).replace(/\/\*# sourceMappingURL.*?\*\//g, '')
      const selector = /\[data-bs-theme=["']?dark["']?\]/
      const rules = [...source.matchAll(/([^{}]+)\{([^{}]*)\}/g)]
        .filter(([, head]) => selector.test(head))
        .map(([, head, body]) => `${head.replace(/^[\s\S]*\*\//, '').replaceAll(new RegExp(selector, 'g'), '[data-bs-theme=auto]')}{${body}}`)
      return { contents: `${source}\n@media screen and (prefers-color-scheme:dark){${rules.join('\n')}}`, loader: 'css' }
    })
  }
}

async function face (name, outdir) {
  await rm(outdir, { recursive: true, force: true })
  await mkdir(outdir, { recursive: true })
  const result = await esbuild.build({
    entryPoints: [`frontend/${name}/${name}.css`, `frontend/${name}/${name}.js`],
    absWorkingDir: root, outdir, bundle: true, minify: true, metafile: true, format: 'iife', target: 'es2020',
    entryNames: '[name]-[hash]', assetNames: '[name]-[hash]', legalComments: 'none', logLevel: 'warning',
    // axe and the browsers read woff2; the framework's drawn arrows stay inside the style sheet
    loader: { '.woff2': 'file', '.svg': 'dataurl' },
    plugins: [darkByMedia]
  })
  const manifest = {}
  for (const [file, { entryPoint, inputs }] of Object.entries(result.metafile.outputs)) {
    const base = path.basename(file)
    manifest[entryPoint ? path.basename(entryPoint) : path.basename(Object.keys(inputs)[0] ?? base)] = base
  }
  manifest['icons.svg'] = await hashed(outdir, 'icons', await sprite())
  manifest['mark.svg'] = await hashed(outdir, 'mark', await readFile(path.join(root, 'frontend/shared/mark.svg'), 'utf8'))
  await writeFile(path.join(outdir, 'manifest.json'), JSON.stringify(manifest, null, 1))
}

async function hashed (outdir, name, svg) {
  const file = `${name}-${createHash('sha256').update(svg).digest('hex').slice(0, 8).toUpperCase()}.svg`
  await writeFile(path.join(outdir, file), svg)
  return file
}

async function sprite () {
  const set = JSON.parse(await readFile(path.join(modules, '@iconify-json/tabler/icons.json'), 'utf8'))
  const names = (await readFile(path.join(root, 'frontend/shared/icons.txt'), 'utf8'))
    .split('\n').map(line => line.replace(/#.*/, '').trim()).filter(Boolean)
  const missing = names.filter(name => !set.icons[name])
  if (missing.length) throw new Error(`frontend/shared/icons.txt names icons that the set does not have: ${missing.join(', ')}`)
  const own = await readFile(path.join(root, 'frontend/shared/own-icons.svg'), 'utf8')
  const symbols = names.map(name => `<symbol id="${name}" viewBox="0 0 24 24">${set.icons[name].body}</symbol>`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols}${own.replace(/<!--[\s\S]*?-->/g, '').trim()}</svg>`
}

async function pdfFonts () {
  const target = path.join(root, 'src/startks/static/dist/fonts')
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  for (const font of PDF_FONTS) {
    await cp(path.join(modules, '@expo-google-fonts/pt-sans', font), path.join(target, path.basename(font)))
  }
}

try {
  await Promise.all([...Object.entries(FACES).map(([name, outdir]) => face(name, path.join(root, outdir))), pdfFonts()])
} catch (error) {
  console.error(`The front end was not built: ${error.message}`)
  process.exit(1)
}
