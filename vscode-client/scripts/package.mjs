// Packs dist/greenfill.vsix: a zip with a manifest for VS Code and the extension's files.
import { createWriteStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import yazl from "yazl";

const root = new URL("..", import.meta.url);
const manifest = JSON.parse(await readFile(new URL("package.json", root), "utf8"));

const files = {
  "package.json": "package.json",
  "README.md": "README.md",
  LICENSE: "../LICENSE",
  "images/icon.png": "images/icon.png",
  "dist/extension.js": "dist/extension.js",
};

/** The licences of the packages in the bundle. */
async function thirdPartyLicenses() {
  const lock = JSON.parse(await readFile(new URL("package-lock.json", root), "utf8"));
  const parts = [];
  for (const [folder, { dev, version }] of Object.entries(lock.packages)) {
    if (folder && !dev) {
      const name = (await readdir(new URL(folder, root))).find((file) => /^licen[sc]e/i.test(file));
      parts.push(`${folder.replace(/.*node_modules\//, "")} ${version}\n\n${await readFile(new URL(`${folder}/${name}`, root), "utf8")}`);
    }
  }
  return parts.join("\n----\n\n");
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// What the gallery and the installer read; the names are those of Visual Studio's own format.
const vsixManifest = `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${manifest.name}" Version="${manifest.version}" Publisher="${manifest.publisher}"/>
    <DisplayName>${escape(manifest.displayName)}</DisplayName>
    <Description xml:space="preserve">${escape(manifest.description)}</Description>
    <Tags>${escape(manifest.keywords.join(","))}</Tags>
    <Categories>${escape(manifest.categories.join(","))}</Categories>
    <License>extension/LICENSE</License>
    <Icon>extension/${manifest.icon}</Icon>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${manifest.engines.vscode}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="${manifest.extensionKind.join(",")}"/>
    </Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/${manifest.icon}" Addressable="true"/>
  </Assets>
</PackageManifest>
`;

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".png" ContentType="image/png"/>
  <Default Extension=".txt" ContentType="text/plain"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
  <Override PartName="/extension/LICENSE" ContentType="text/plain"/>
</Types>
`;

const zip = new yazl.ZipFile();
const options = { mtime: new Date(0), mode: 0o100644 }; // the same files give the same package
zip.addBuffer(Buffer.from(vsixManifest), "extension.vsixmanifest", options);
zip.addBuffer(Buffer.from(contentTypes), "[Content_Types].xml", options);
zip.addBuffer(Buffer.from(await thirdPartyLicenses()), "extension/THIRD-PARTY-LICENSES.txt", options);
for (const [name, source] of Object.entries(files)) {
  zip.addBuffer(await readFile(new URL(source, root)), `extension/${name}`, options);
}
zip.end();
const target = fileURLToPath(new URL("dist/greenfill.vsix", root));
await pipeline(zip.outputStream, createWriteStream(target));
console.log(target);
