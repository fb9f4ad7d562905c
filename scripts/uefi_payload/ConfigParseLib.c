/** @file
  What LinuxBoot hands to a firmware volume, as UefiPayloadPkg's entry asks for it: a block 64 KiB
  below the volume with the addresses of ACPI and SMBIOS, the serial line and the memory map.
  64 KiB below that block is the store of variables, which the variable driver takes as it is
  (PcdEmuVariableNvStoreReserved) and which an operating system may go on using.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include <PiPei.h>
#include <Library/BaseLib.h>
#include <Library/BlParseLib.h>
#include <Library/HobLib.h>
#include <Library/PcdLib.h>

#define CONFIG_VERSION  1
#define CONFIG_DEFAULT  2  // a range that the loader has no type for
#define CONFIG_RESERVED 5
#define E820_RESERVED   2

#pragma pack(1)
typedef struct {
  UINT64    Start;
  UINT64    Last;
  UINT32    Type;
} CONFIG_RANGE;

typedef struct {
  UINT64          Version;
  UINT64          AcpiBase;
  UINT64          AcpiSize;
  UINT64          SmbiosBase;
  UINT64          SmbiosSize;
  UINT32          SerialType;
  UINT32          SerialBase;
  UINT32          SerialBaud;
  UINT32          SerialWidth;
  UINT32          SerialHertz;
  UINT32          SerialPciAddress;
  UINT32          Count;
  CONFIG_RANGE    Range[0];
} CONFIG;
#pragma pack()

STATIC
CONFIG *
Config (
  VOID
  )
{
  CONFIG  *Found;

  Found = (CONFIG *)(UINTN)(PcdGet32 (PcdPayloadFdMemBase) - SIZE_64KB);
  return Found->Version == CONFIG_VERSION ? Found : NULL;
}

VOID *
EFIAPI
GetParameterBase (
  VOID
  )
{
  return Config ();
}

RETURN_STATUS
EFIAPI
ParseMemoryInfo (
  IN  BL_MEM_INFO_CALLBACK  MemInfoCallback,
  IN  VOID                  *Params
  )
{
  CONFIG            *From;
  MEMORY_MAP_ENTRY  Entry;
  UINTN             Index;

  From = Config ();
  if (From == NULL) {
    return RETURN_NOT_FOUND;
  }

  for (Index = 0; Index < From->Count; Index++) {
    Entry.Base = From->Range[Index].Start;
    Entry.Size = From->Range[Index].Last - From->Range[Index].Start + 1;
    Entry.Type = (UINT8)From->Range[Index].Type;
    if ((Entry.Type == CONFIG_DEFAULT) || (Entry.Type == CONFIG_RESERVED)) {
      Entry.Type = E820_RESERVED;
    }

    Entry.Flag = 0;
    MemInfoCallback (&Entry, Params);
  }

  return RETURN_SUCCESS;
}

RETURN_STATUS
EFIAPI
ParseSmbiosTable (
  OUT UNIVERSAL_PAYLOAD_SMBIOS_TABLE  *SmbiosTable
  )
{
  CONFIG  *From;

  From = Config ();
  if ((From == NULL) || (From->SmbiosBase == 0)) {
    return RETURN_NOT_FOUND;
  }

  SmbiosTable->SmBiosEntryPoint = From->SmbiosBase;
  return RETURN_SUCCESS;
}

RETURN_STATUS
EFIAPI
ParseAcpiTableInfo (
  OUT UNIVERSAL_PAYLOAD_ACPI_TABLE  *AcpiTableHob
  )
{
  CONFIG  *From;

  From = Config ();
  if ((From == NULL) || (From->AcpiBase == 0)) {
    return RETURN_NOT_FOUND;
  }

  AcpiTableHob->Rsdp = From->AcpiBase;
  return RETURN_SUCCESS;
}

RETURN_STATUS
EFIAPI
ParseSerialInfo (
  OUT SERIAL_PORT_INFO  *SerialPortInfo
  )
{
  CONFIG  *From;

  From = Config ();
  if ((From == NULL) || (From->SerialBase == 0)) {
    return RETURN_NOT_FOUND;
  }

  SerialPortInfo->Revision    = 0;
  SerialPortInfo->Type        = From->SerialType;
  SerialPortInfo->BaseAddr    = From->SerialBase;
  SerialPortInfo->Baud        = From->SerialBaud;
  SerialPortInfo->RegWidth    = From->SerialWidth;
  SerialPortInfo->InputHertz  = From->SerialHertz;
  SerialPortInfo->UartPciAddr = From->SerialPciAddress;
  return RETURN_SUCCESS;
}

RETURN_STATUS
EFIAPI
ParseGfxInfo (
  OUT EFI_PEI_GRAPHICS_INFO_HOB  *GfxInfo
  )
{
  return RETURN_NOT_FOUND;
}

RETURN_STATUS
EFIAPI
ParseGfxDeviceInfo (
  OUT EFI_PEI_GRAPHICS_DEVICE_INFO_HOB  *GfxDeviceInfo
  )
{
  return RETURN_NOT_FOUND;
}

RETURN_STATUS
EFIAPI
ParseMiscInfo (
  VOID
  )
{
  BuildMemoryAllocationHob (
    PcdGet32 (PcdPayloadFdMemBase) - SIZE_128KB,
    SIZE_64KB,
    EfiRuntimeServicesData
    );
  return RETURN_SUCCESS;
}
